// (placeholder until the session is merged)
import { Refusal } from '@sget/wire/broker'
import type { Inviting } from './source.ts'
import type { Loaned } from './shift.ts'
export class SignIn {
  get state(): { signedIn: boolean } {
    return { signedIn: false }
  }
  ensure(_: object, __: Inviting): Promise<void> {
    return Promise.reject(new Refusal('vault-unable'))
  }
  lend(_: AbortSignal | undefined): Promise<Loaned> {
    return Promise.reject(new Refusal('vault-unable'))
  }
}
