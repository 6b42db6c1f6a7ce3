// A request that is answered only when the human has signed in.
import type { Body } from '@sget/wire'

/**
 * Thrown to a call whose request waits for that. The request goes on: were it dropped, so would be a login that nobody
 * else waits for.
 */
export class Invited extends Error {
  readonly invitation: Body<'invitation'>

  /** Settles when the request waits for a login no more; rejected with the Refusal that ended it. */
  readonly over: Promise<void>

  constructor(invitation: Body<'invitation'>, over: Promise<void>) {
    super('the human must sign in first')
    this.invitation = invitation
    this.over = over
    // Whoever waits hears of it; often nobody does.
    over.catch(() => undefined)
  }
}
