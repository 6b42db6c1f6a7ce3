// Signing in without the rest of sgetd: a real vault with a config, the real courier, clocks that jump, and people who wait.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openLog, type Event, type Log } from '@sget/audit'
import { Pools, Receiver } from '@sget/memory'
import { frameBytesMax, instancePaths, type Body, type Paths } from '@sget/wire/broker'
import { Human, type Manner } from '../../courier/test/oidc/human.ts'
import { clientId } from '../../courier/test/oidc/provider-facts.ts'
import { systemClock, type Clock } from '../src/clock.ts'
import { Courier } from '../src/courier.ts'
import { courierProgram } from '../src/courier-process.ts'
import { prepareFolders } from '../src/instance.ts'
import { Journal } from '../src/journal.ts'
import { Keeper } from '../src/keeper.ts'
import { shortFrameBytes, shortFramesMax } from '../src/limits.ts'
import { openLog as openDaemonLog } from '../src/log.ts'
import { Recorder } from '../src/recorder.ts'
import { refusalOf } from '../src/refusals.ts'
import { courierPatience } from '../src/shifts.ts'
import { SignIn, type Demand, type Inviting } from '../src/sign-in.ts'
import { Vaults } from '../src/vaults.ts'

/** The machine's clocks, and how far from them these are. */
export class JumpingClock implements Clock {
  jump = { bootMs: 0, wallMs: 0 }
  readonly ticks = (): number => systemClock.ticks()
  readonly bootId = (): string => systemClock.bootId()
  readonly bootMs = (): number => systemClock.bootMs() + this.jump.bootMs
  readonly wallMs = (): number => systemClock.wallMs() + this.jump.wallMs

  /** Time passes. */
  pass(ms: number): void {
    this.jump = { bootMs: this.jump.bootMs + ms, wallMs: this.jump.wallMs + ms }
  }
}

const receiver = new Receiver()
const pools = new Pools(
  { frames: shortFramesMax, frameBytes: shortFrameBytes },
  { frameBytes: frameBytesMax + 1024 },
)

/** The part of sgetd that knows of logins, with what it is made of. */
export class Scene {
  readonly signIn: SignIn
  readonly keeper: Keeper
  readonly courier: Courier
  readonly clock = new JumpingClock()
  /** Why sessions ended, in their order. */
  readonly ended: string[] = []
  /** Events on record, in their order. */
  readonly events: Event[] = []

  private constructor(paths: Paths, audit: Log, program: string) {
    const { clock } = this
    const log = openDaemonLog(paths.log, 'info')
    const recorder = new Recorder(audit, clock, (event) => this.events.push(event))
    this.courier = new Courier({ program, receiver, pools, log, patience: courierPatience })
    this.keeper = new Keeper({
      paths,
      audit,
      journal: new Journal(clock),
      clock,
      log,
      onOpen: () => this.signIn.begin(),
      onLock: () => this.signIn.end('locked'),
      vaultsBeside: (embedded, { config }) =>
        new Vaults(
          { embedded, courier: this.courier, signIn: this.signIn, receiver, pools, clock, log },
          config,
        ),
      onParted: () => undefined,
    })
    this.signIn = new SignIn({
      keeper: this.keeper,
      errands: this.courier.sessions,
      pools,
      recorder,
      clock,
      log,
      onEnd: (reason) => this.ended.push(reason),
      onBug: (error) => {
        throw error
      },
    })
  }

  /** With an open vault. It ends with the test. */
  static async open(t: Test, program = courierProgram): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), 'sget-signing-'))
    const paths = instancePaths('', folder)
    prepareFolders(paths, process.getuid?.() ?? 0)
    const audit = openLog({ directory: paths.audit, sync: 'second' })
    const scene = new Scene(paths, audit, program)
    await scene.keeper.create(Buffer.from(passphrase))
    t.teardown(async () => {
      await scene.keeper.lock('the end')
      scene.courier.end('locked')
      await audit.close()
      rmSync(folder, { recursive: true })
    })
    return scene
  }

  /** Nobody is signed in, and the config has people sign in there; `more` are further lines of `[sso]`. */
  async begin(issuer: string, more = ''): Promise<this> {
    if (this.keeper.opened === undefined) await this.unlock()
    const sso = `[sso]\nissuer = "${issuer}"\nclient_id = "${clientId}"\nconsent = true\n${more}\n`
    await this.keeper.apply('config', `${sso}[network]\nloopback_http = true\n`)
    this.clock.jump = { bootMs: 0, wallMs: 0 }
    this.signIn.end('config')
    this.ended.length = 0
    this.events.length = 0
    return this
  }

  unlock(): Promise<void> {
    return this.keeper.unlock(Buffer.from(passphrase))
  }
}

const passphrase = 'a passphrase'

/** One who asks for something that takes a login, and may leave. */
export class Waiting implements Inviting {
  readonly invitations: Body<'invitation'>[] = []
  readonly #leaving = new AbortController()
  readonly #invited = Promise.withResolvers<Body<'invitation'>>()

  readonly invite = (invitation: Body<'invitation'>): void => {
    this.invitations.push(invitation)
    this.#invited.resolve(invitation)
  }

  get signal(): AbortSignal {
    return this.#leaving.signal
  }

  /** The first invitation, once it has come. */
  get invited(): Promise<Body<'invitation'>> {
    return this.#invited.promise
  }

  leave(): void {
    this.#leaving.abort(new Error('left'))
  }
}

/** How something ended: `done`, or the failure. */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'done'
  } catch (error) {
    const failure = refusalOf(error)?.failure
    if (failure !== undefined) return failure
    if (error instanceof Error && error.message === 'left') return 'left'
    throw error
  }
}

/** A human goes where they were invited, and comes back to the courier. */
export async function visit(
  { url, code }: Body<'invitation'>,
  manner: Manner = {},
  human = new Human(),
): Promise<void> {
  const landed = await human.follow(url, code === '' ? manner : { code, ...manner })
  if (landed.startsWith('http')) await fetch(landed)
}

/** Asks for a session that meets a demand; a human does what is wanted. */
export async function signedIn(
  { signIn }: Scene,
  given: { demand?: Demand; manner?: Manner; human?: Human } = {},
): Promise<string> {
  const asker = new Waiting()
  const came = outcome(signIn.ensure(given.demand ?? {}, asker))
  const invitation = await Promise.race([asker.invited, came])
  if (typeof invitation !== 'string') await visit(invitation, given.manner, given.human)
  return await came
}

/** The tokens, as a job of the courier is lent them. */
export async function lent({ signIn }: Scene): Promise<Buffer> {
  const { bytesMax, fill } = await signIn.lend(new AbortController().signal)
  const room = Buffer.alloc(bytesMax)
  return room.subarray(0, await fill(room))
}
