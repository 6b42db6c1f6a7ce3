// One connection to sgetd, and requests on it that may have to wait for a human.
import { peerUid } from '@sget/native'
import { connect, level, type Body, type Connection, type PlainName, type ReplyOf } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import { Deadline } from './deadline.ts'
import { Proof } from './proof.ts'

/** How long sgetd may take to greet, to answer what needs no human, and to answer once the human has. */
const answerMs = 30_000

/** What is done where a human has to sign in before sgetd answers. */
export type OnInvitation = (invitation: Body<'invitation'>) => void

/**
 * Runs `talk` over a connection of its own. Throws a Refusal where there is nobody to talk to.
 *
 * @param onInvitation where nothing is given, the human is told the address
 */
export async function withDaemon<T>(
  context: Context,
  talk: (session: Session) => Promise<T>,
  onInvitation?: OnInvitation,
): Promise<T> {
  const { uid, version, paths } = context
  const opening = connect({
    path: paths.socket,
    role: 'plain',
    program: `sgetctl ${version}`,
    uid,
    uidOf: peerUid,
  })
  const connection = await new Deadline(answerMs).bound(opening)
  try {
    return await talk(new Session(context, connection, onInvitation))
  } finally {
    connection.close()
  }
}

/** A connection on which a human is asked where sgetd wants one. */
export class Session {
  readonly #context: Context
  readonly #connection: Connection
  readonly #onInvitation: OnInvitation

  constructor(context: Context, connection: Connection, onInvitation?: OnInvitation) {
    this.#context = context
    this.#connection = connection
    this.#onInvitation = onInvitation ?? ((invitation) => this.#tellToSignIn(invitation))
  }

  /**
   * Makes a request. Where a proof is wanted, sget asks for the passphrase in this terminal, and the request goes on.
   *
   * @param waitMs how long sgetd may take where no human is asked
   * @throws Refusal with sgetd's failure · Ended when sget failed to bring the proof
   */
  async ask<N extends PlainName, R extends PlainName>(
    name: N,
    body: Body<N>,
    expected: R,
    waitMs: number = answerMs,
  ): Promise<ReplyOf<R>> {
    const deadline = new Deadline(waitMs)
    const proof = new Proof(this.#context)
    const reply = this.#connection.request(name, body, expected, {
      onWaiting: (waiting) => {
        deadline.extend(waiting.seconds * 1000 + answerMs)
        if (waiting.level === level.ack) this.#tellToApprove(waiting)
        else proof.begin(waiting.request)
      },
      onInvitation: (invitation) => {
        deadline.extend(invitation.seconds * 1000 + answerMs)
        this.#onInvitation(invitation)
      },
    })
    const met = deadline.bound(reply, proof.failed)
    await met.then(
      () => proof.end(),
      () => proof.abandon(),
    )
    return met
  }

  #tellToApprove({ request, summary }: Body<'waiting'>): void {
    const { terminal } = this.#context
    terminal.tell(`waiting for a human to allow: ${summary}`)
    terminal.tell(`    in another terminal: ${commandLine(this.#context, 'sgetctl', `approve ${request}`)}`)
  }

  /** No browser opens here: a window that somebody did not ask for looks like an attack. */
  #tellToSignIn({ url, code }: Body<'invitation'>): void {
    const { terminal } = this.#context
    terminal.tell(`waiting until you have signed in: ${url}`)
    if (code !== '') terminal.tell(`    type there: ${code}`)
  }
}
