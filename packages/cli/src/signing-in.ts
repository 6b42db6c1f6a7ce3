// `sgetctl login` and `logout`: the human signs in at the identity provider, in a browser.
import { Refusal, type Body } from '@sget/wire'
import { openBrowser } from './browser.ts'
import { commandLine, type Context } from './context.ts'
import { identityLines, identityShape } from './identity.ts'
import { withDaemon, type Session } from './session.ts'
import type { Answer } from './terminal.ts'
import { span } from './time.ts'

/** How to sign in. */
export interface LoginOptions {
  /** By a code that is typed into a browser elsewhere. */
  readonly device: boolean
  /** Also where somebody is signed in. */
  readonly again: boolean
  /** Whether a browser may be opened. */
  readonly browser: boolean
}

/** How long sgetd may take with the provider, whatever that makes it try again. */
const providerMs = 120_000

/** Asks the human to sign in and waits until they have. Ends with this process, which holds the one connection. */
export async function login(context: Context, { device, again, browser }: LoginOptions): Promise<Answer> {
  let invited: Promise<void> | undefined
  const onInvitation = (invitation: Body<'invitation'>): void => {
    invited = invite(context, invitation, browser && !device)
  }
  const signIn = async (session: Session): Promise<Body<'sessionState'>> => {
    await session.ask('login', { device, again }, 'done', providerMs)
    await invited
    return session.ask('session', {}, 'sessionState')
  }
  const identity = await withDaemon(context, signIn, onInvitation)
  const anew = commandLine(context, 'sgetctl', 'login --again')
  return {
    json: { asked: invited !== undefined, session: identityShape(identity) },
    lines: [
      ...(invited === undefined ? [`you are signed in already; to sign in anew: ${anew}`] : []),
      ...identityLines(context, identity),
    ],
  }
}

/** Ends the session, here and, where the provider has a place for that, in the browser. */
export async function logout(context: Context, browser: boolean): Promise<Answer> {
  const { wasSignedIn, url } = await withDaemon(context, (session) => part(context, session))
  const ended = wasSignedIn
    ? 'signed out: the tokens are forgotten, and grants and cached values with them'
    : 'nobody was signed in; no login waits any more'
  return {
    json: { wasSignedIn, url: url === '' ? null : url },
    lines: [
      ended,
      ...(url === '' ? [] : [`to sign out in your browser too: ${url}`]),
      ...(url === '' || !browser ? [] : [`    ${await openBrowser(context.screen, url)}`]),
    ],
  }
}

/** sgetd has forgotten the tokens before it tells the provider, so here the session is over though that may fail. */
async function part(
  { terminal }: Context,
  session: Session,
): Promise<{ readonly wasSignedIn: boolean; readonly url: string }> {
  const { signedIn: wasSignedIn } = await session.ask('session', {}, 'sessionState')
  try {
    const { url } = await session.ask('logout', {}, 'loggedOut', providerMs)
    return { wasSignedIn, url }
  } catch (error) {
    if (!(error instanceof Refusal) || !wasSignedIn) throw error
    const { signedIn } = await session.ask('session', {}, 'sessionState')
    if (!signedIn) terminal.tell('signed out here; at the provider the tokens serve until they end:')
    throw error
  }
}

/** Says where to sign in before anything is opened: a browser can fail to show, and the human may prefer another. */
async function invite(context: Context, invitation: Body<'invitation'>, opens: boolean): Promise<void> {
  const { terminal, screen } = context
  const { url, code, seconds } = invitation
  terminal.tell(`sign in: ${url}`)
  if (code !== '') terminal.tell(`    in any browser; type there: ${code}`)
  if (opens) terminal.tell(`    ${await openBrowser(screen, url)}`)
  if (code === '' && screen.overSsh) {
    const device = commandLine(context, 'sgetctl', 'login --device')
    terminal.tell(`    that is for a browser of this machine; for one elsewhere: ${device}`)
  }
  terminal.tell(`    waits for ${span(seconds * 1000)}; Ctrl-C gives up`)
}
