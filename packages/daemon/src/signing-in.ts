// What people and agents may ask of the identity provider: that a human signs in, or out, and who has.
import { demandHuman } from './answering.ts'
import type { Request } from './request.ts'
import type { Inviting } from './sign-in.ts'

/**
 * Has a human sign in. An agent may ask for that in a browser of this machine, where the human sees who they sign in to; a
 * code could be sent to anybody, so only a human asks for one.
 */
export async function login(request: Request<'login'>): Promise<void> {
  const { signIn, recorder } = request.house
  const { device, again } = request.body
  if (device) await demandHuman(request, 'sign in with a code, in a browser elsewhere')
  if (again || !signIn.state.signedIn)
    recorder.record('asked', request.caller, { reason: device ? 'login with a device' : 'login' })
  await signIn.login({ device, again }, askerOf(request))
  request.reply('done', {})
}

/** Ends the session. Anybody outside agents may: it only takes away. */
export async function logout(request: Request<'logout'>): Promise<void> {
  const { signIn, recorder } = request.house
  const { signedIn, subject } = signIn.state
  if (signedIn) recorder.record('signed-out', request.caller, { subject })
  request.reply('loggedOut', { url: await signIn.logout() })
}

/** Tells who is signed in. */
export function session(request: Request<'session'>): void {
  request.reply('sessionState', request.house.signIn.state)
}

/** Who waits for a login, for as long as their connection lasts. */
export function askerOf({ exchange }: Request): Inviting {
  return {
    invite: (invitation) => exchange.reply('invitation', invitation),
    signal: exchange.connection.closed,
  }
}
