// Joins the parts, serves the socket, and ends in order.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import type { Server } from 'node:net'
import { openLog as openAudit, type Log } from '@sget/audit'
import { passphraseBytesMax, Pool, Pools, Receiver } from '@sget/memory'
import { harden } from '@sget/native'
import { Tracer } from '@sget/provenance'
import { valueBytesMax, type Paths } from '@sget/wire/broker'
import { Admission } from './admission.ts'
import { Approvals } from './approvals.ts'
import { attestationOf, installedSget, type Attestation } from './attestation.ts'
import { Checks } from './checks.ts'
import type { Clock } from './clock.ts'
import type { Connection } from './connection.ts'
import { Courier } from './courier.ts'
import { courierProgram } from './courier-process.ts'
import { dispatch } from './dispatch.ts'
import { fingerprinter } from './fingerprint.ts'
import { besidesValueBytes, lengthBytes } from './framing.ts'
import type { House } from './house.ts'
import { Journal } from './journal.ts'
import { Keeper } from './keeper.ts'
import { Ledger } from './ledger.ts'
import {
  drainMs,
  masksAtOnceMax,
  masksWaitingMax,
  passphraseLoanMs,
  passphrasesMax,
  shortFrameBytes,
  shortFramesMax,
} from './limits.ts'
import { listen } from './listener.ts'
import { openLog, type Logger } from './log.ts'
import { Proofs } from './proofs.ts'
import { Recorder } from './recorder.ts'
import { Sessions } from './sessions.ts'
import { courierPatience, type CourierPatience } from './shifts.ts'
import { SignIn } from './sign-in.ts'
import { Slots } from './slots.ts'
import { Throttle } from './throttle.ts'
import { Turns } from './turns.ts'
import { Vaults } from './vaults.ts'

const program = 'sgetd 0.1.0'

/** How a daemon came to run. */
export interface Start {
  /** Log to standard error instead of the log file. */
  readonly inForeground: boolean
  /** The socket that a service manager listens on, to be served and left where it is. */
  readonly descriptor: number | undefined
}

/** A running daemon. */
export interface Daemon {
  /** Answers what is in flight, locks, removes the socket unless it is a service manager's. */
  end(reason: string): Promise<void>
}

/** What the machine decides, and a test instead of it: neither an option nor a file does. */
export interface Conditions {
  readonly clock: Clock
  /** A file of the audit log is set aside at this size. */
  readonly logFileBytesMax: number
  /** How often the daemon looks after what ends by itself. What is over serves nobody, looked after or not. */
  readonly sweepMs: number
  /** With the courier; the world's where nothing is said. */
  readonly patience?: Partial<CourierPatience>
}

/**
 * Starts serving. The caller holds the instance's lock and has prepared its folders.
 *
 * @throws where memory cannot be locked, the audit log cannot be continued, or the socket cannot be bound
 */
export async function serve(
  paths: Paths,
  start: Start,
  { clock, logFileBytesMax: fileBytesMax, sweepMs, patience }: Conditions,
): Promise<Daemon> {
  harden()
  const log = openLog(start.inForeground ? undefined : paths.log, 'info')
  const receiver = new Receiver()
  const audit = openAudit({ directory: paths.audit, sync: 'second', fileBytesMax })
  const house = build({ paths, audit, log, clock, receiver, patience: { ...courierPatience, ...patience } })
  house.recorder.record('started', undefined)
  const connections = new Set<Connection>()
  const server = await listen({
    path: paths.socket,
    descriptor: start.descriptor,
    uid: process.getuid?.() ?? 0,
    receiver,
    admission: new Admission(),
    turns: new Turns(),
    attestedBy: (group) => attestedBy(house, group),
    program,
    handle: (exchange, message) => dispatch(house, exchange, message),
    onMcp: (connection) => beginSession(house, connection),
    onBug: (error) => crash(log, error),
    onForeignPeer: (peer) => house.recorder.foreign(peer),
    onConnection: (connection) => follow(connections, connection),
  })
  const sweeper = setInterval(() => sweep(house, connections), sweepMs)
  log.info(
    { socket: paths.socket, activated: start.descriptor !== undefined, attestation: house.attestation() },
    'serving',
  )
  return {
    end: async (reason) => {
      clearInterval(sweeper)
      log.info({ reason }, 'ending')
      server.close()
      house.approvals.cancelAll()
      await drain(connections)
      await close(house, audit, server, connections)
      if (start.descriptor === undefined) rmSync(paths.socket, { force: true })
    },
  }
}

interface Ground {
  readonly paths: Paths
  readonly audit: Log
  readonly log: Logger
  readonly clock: Clock
  readonly receiver: Receiver
  readonly patience: CourierPatience
}

function build({ paths, audit, log, clock, receiver, patience }: Ground): House {
  const approvals = new Approvals(() => randomBytes(3).toString('hex'), clock)
  const proofs = new Proofs(clock)
  const journal = new Journal(clock)
  const recorder = new Recorder(audit, clock, (event) => {
    if (event === 'released') tell(journal, audit, log)
    keeper.opened?.epochs.anchors.recorded()
  })
  const pools = new Pools(
    { frames: shortFramesMax, frameBytes: shortFrameBytes },
    { frameBytes: valueBytesMax + besidesValueBytes },
  )
  const workshop = {
    program: installedSget,
    receiver,
    pools,
    onFailure: (reason: string) => log.error({ reason }, 'a worker did not come to its end'),
  }
  const ledger = new Ledger(recorder, clock, (grant) => checks.grantEnded(grant))
  const checks = new Checks({
    workshop,
    recorder,
    clock,
    log,
    open: () => keeper.opened,
    grant: (id) => ledger.grants.get(id),
    onGiven: (giving, path) => keeper.opened?.vaults.hold(path, giving),
    onOver: (giving) => keeper.opened?.vaults.letGo(giving),
    onBug: (error) => crash(log, error),
  })
  const sessions = new Sessions(clock, (session) => {
    ledger.endSession(session)
    checks.sessionEnded(session)
  })
  const onLock = (reason: string): void => {
    log.info({ reason }, 'locking')
    approvals.cancelAll()
    proofs.clear()
    checks.lock(reason === 'replaced')
    signIn.end('locked')
    ledger.revokeAll()
    for (const { allowed } of sessions.all) allowed.clear()
    recorder.drain()
  }
  const courier = new Courier({ program: courierProgram, receiver, pools, log, patience })
  const keeper: Keeper = new Keeper({
    paths,
    audit,
    journal,
    clock,
    log,
    onOpen: () => signIn.begin(),
    onLock,
    vaultsBeside: (embedded, { config }) =>
      new Vaults({ embedded, courier, signIn, receiver, pools, clock, log }, config),
    // With all that it may still know.
    onParted: () => courier.end('locked'),
  })
  const signIn: SignIn = new SignIn({
    keeper,
    errands: courier.sessions,
    pools,
    recorder,
    clock,
    log,
    onEnd: (reason) => {
      log.info({ reason }, 'nobody is signed in any more')
      ledger.revokeAll()
      keeper.opened?.vaults.renew()
    },
    onBug: (error) => crash(log, error),
  })
  return {
    paths,
    clock,
    program,
    started: clock.wallMs(),
    pools,
    passphrases: new Pool({
      frames: passphrasesMax,
      frameBytes: passphraseBytesMax + lengthBytes,
      loanMs: passphraseLoanMs,
    }),
    tracer: new Tracer(),
    attestation: attestationNow,
    fingerprint: fingerprinter(),
    keeper,
    journal,
    courier,
    signIn,
    sessions,
    ledger,
    checks,
    workshop,
    masks: new Slots(masksAtOnceMax, masksWaitingMax),
    approvals,
    proofs,
    throttle: new Throttle(paths.tries, clock),
    recorder,
    log,
  }
}

/** Tells the journal of the newest record: it has left this process before the value does. */
function tell(journal: Journal, audit: Log, log: Logger): void {
  const { sequence, tag } = audit.head()
  const stopped = journal.tell({ log: audit.identity ?? '', sequence, tag })
  if (stopped !== undefined)
    log.error({ code: stopped, sequence }, 'cannot anchor the audit log in the journal')
}

/** Looked at afresh each time: root may upgrade or remove the install, or put somebody into its group. */
function attestationNow(): Attestation {
  return attestationOf(installedSget, ownGroups)
}

/** A group that we have ourselves proves nothing, and costs nobody a look at the install. */
function attestedBy(house: House, group: number): string | undefined {
  if (ownGroups.includes(group)) return undefined
  const found = house.attestation()
  if (found.kind === 'unsound') house.log.warn({ fault: found.fault }, 'not attested')
  return found.kind === 'sound' && found.group === group ? found.path : undefined
}

/** All that a peer of our user may have without any setgid program. Nobody but this process could change its groups, and it does not. */
const ownGroups: readonly number[] = [
  process.getgid?.() ?? 0,
  process.getegid?.() ?? 0,
  ...(process.getgroups?.() ?? []),
]

/** From its server's first message on, the agent is known as one, and so is all that it starts. */
function beginSession({ tracer, sessions, recorder }: House, connection: Connection): void {
  const { pid: server, startTicks: since } = connection.peer
  const caller = tracer.traceAfresh(server, sessions.roots, since)
  const session = caller && sessions.begin(connection, caller)
  if (session === undefined) return
  const { pid, startTicks, executable } = session.place.root
  recorder.record('session-begun', caller, {
    session: session.id,
    root: { pid, startTicks, exe: executable },
  })
}

function follow(connections: Set<Connection>, connection: Connection): void {
  connections.add(connection)
  connection.closed.addEventListener('abort', () => connections.delete(connection), { once: true })
}

/** Looks after what ends by itself. Nothing here prompts. */
function sweep(house: House, connections: ReadonlySet<Connection>): void {
  for (const connection of connections) connection.sweep()
  house.sessions.sweep()
  house.ledger.sweep()
  house.checks.sweep()
  house.recorder.sweep()
  house.journal.retry()
  house.keeper.sweep()
  house.signIn.sweep()
}

/** Gives requests in flight a while to end; those that waited for a human have their answer. */
async function drain(connections: ReadonlySet<Connection>): Promise<void> {
  const deadline = performance.now() + drainMs
  while (performance.now() < deadline && [...connections].some(({ inFlight }) => inFlight > 0))
    await new Promise((resolve) => setTimeout(resolve, 20))
}

async function close(
  house: House,
  audit: Log,
  server: Server,
  connections: ReadonlySet<Connection>,
): Promise<void> {
  await house.keeper.lock('ending')
  await house.keeper.parting
  for (const connection of connections) connection.destroy()
  await new Promise<void>((resolve) => server.close(() => resolve()))
  house.recorder.drain()
  house.recorder.record('stopped', undefined)
  await audit.close()
}

/** A bug: no state can be trusted any more, so the process ends. The kernel gives back memory and lock. */
function crash(log: Logger, error: unknown): void {
  log.fatal(
    {
      name: error instanceof Error ? error.name : 'unknown',
      stack: error instanceof Error ? error.stack : '',
    },
    'bug',
  )
  process.abort()
}
