// Where the secrets of a mount come from: a vault on the network, or a program of this machine. Paths are relative to the mount.
import type { Description } from '@sget/backend'
import type { Keep } from '@sget/memory'
import type { Lease } from './courier.ts'
import type { Inviting } from './sign-in.ts'

/** What every source can do. Each rejects with Refusal or BackendFailure. */
export interface Source {
  /** Sees to it that it can be asked, and has the human sign in where that takes one. */
  ready(asker: Inviting): Promise<void>
  /** Names in a folder, which is '' or ends in `/`; folders end in `/`. */
  list(folder: string, signal: AbortSignal): Promise<readonly string[]>
  describe(path: string, signal: AbortSignal): Promise<Description>
  /** Hands over all fields of a secret. Resolves to the lease that comes with it. */
  gather(path: string, keep: Keep, signal: AbortSignal): Promise<Lease | undefined>
  /** Rejects when it cannot be asked now. */
  health(signal: AbortSignal): Promise<void>
  /** Changes a secret where it is; nobody sees the new value. Rejects with `vault-unable` where that cannot be. */
  rotate(path: string, signal: AbortSignal): Promise<void>
  renew(lease: string): Promise<Lease>
  release(lease: string, signal: AbortSignal): Promise<void>
  /** Looks after what ends by itself. */
  sweep(): void
  /** Whether it could be asked at once, as far as is known without asking. */
  readonly isReady: boolean
  /** How one is let in, for people: `sso`, `oidc`, `approle`, `token`, `none`. */
  readonly login: string
  /** Gives back what it was let in with. After that it is not asked any more. */
  leave(signal: AbortSignal): Promise<void>
}
