// A vault behind a program: `PROVIDER PATH` prints the one value of a secret (the convention of Summon's providers).
import { spawn, type ChildProcess } from 'node:child_process'
import { userInfo } from 'node:os'
import { Socket } from 'node:net'
import { BackendFailure, valueBytesMax } from '@sget/backend'
import type { Keep, Lender, Loan, Receiver } from '@sget/memory'
import { providerMs } from './limits.ts'

/** The field that such a value is: the one that a reference means when it names none. */
export const providedField = 'password'

/** What a provider is run with. */
export interface ProviderOptions {
  /** The whole path of the program. */
  readonly command: string
  /** Its output lands in locked memory and nowhere else, and is put together in that of the pools. */
  readonly receiver: Receiver
  readonly pools: Lender
  /** How long it may take, ms. */
  readonly waitMs?: number
}

/**
 * Runs the program for one path and keeps what it prints, without a newline at its end. No shell, nothing on standard input,
 * nothing of its complaints kept, and an environment of what a program of this user cannot do without.
 *
 * @throws BackendFailure `unreachable` (it cannot be run, or takes too long), `not-found` (it says no), `too-large`, `busy`
 */
export async function provide(
  { command, receiver, pools, waitMs = providerMs }: ProviderOptions,
  path: string,
  keep: Keep,
  signal: AbortSignal,
): Promise<void> {
  // A session of its own: what it starts ends with it, and it asks nobody on a terminal.
  const child = spawn(command, [path], {
    env: environment(),
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = statusOf(child)
  const end = (): void => endGroup(child)
  const timer = setTimeout(end, waitMs)
  signal.addEventListener('abort', end, { once: true })
  using printed = new Printed(pools)
  try {
    await outputOf(child, receiver, (piece) => {
      if (!printed.add(piece)) end()
    })
    const status = await ended
    if (printed.fault) throw new BackendFailure(printed.fault, `what ${command} prints cannot be kept`)
    if (status === undefined)
      throw new BackendFailure('unreachable', `${command} does not run, or takes too long`)
    if (status !== 0) throw new BackendFailure('not-found', `${command} has nothing for that path`)
    keep(providedField, printed.value)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    end()
  }
}

const newline = 0x0a
const newlineBytes = 1

/** What a provider has printed so far, in memory that is borrowed with the first byte: until then it may think for long. */
class Printed implements Disposable {
  readonly #pools: Lender
  #loan: Loan | undefined
  #length = 0
  #fault: 'too-large' | 'busy' | 'unreachable' | undefined

  constructor(pools: Lender) {
    this.#pools = pools
  }

  /** Why it is worth nothing: too much, no memory for it now, or too long from its first byte to its last. */
  get fault(): 'too-large' | 'busy' | 'unreachable' | undefined {
    if (this.#fault === undefined && this.value.length > valueBytesMax) return 'too-large'
    return this.#fault
  }

  /** A view, without a newline at its end. */
  get value(): Buffer {
    const printed = this.#loan?.bytes.subarray(0, this.#length) ?? nothing
    return printed.at(-1) === newline ? printed.subarray(0, -newlineBytes) : printed
  }

  /** Returns false when there is a fault. */
  add(piece: Buffer): boolean {
    this.#loan ??= this.#borrow()
    if (this.#loan === undefined || this.#fault !== undefined) return false
    const room = this.#loan.bytes.subarray(this.#length)
    if (piece.length > room.length) this.#fault = 'too-large'
    else this.#length += piece.copy(room)
    return this.#fault === undefined
  }

  [Symbol.dispose](): void {
    this.#loan?.[Symbol.dispose]()
  }

  #borrow(): Loan | undefined {
    const loan = this.#pools.tryLoan(valueBytesMax + newlineBytes)
    if (loan === undefined) this.#fault = 'busy'
    loan?.expired.addEventListener('abort', () => {
      this.#fault = 'unreachable'
      this.#loan = undefined
      this.#length = 0
    })
    return loan
  }
}

const nothing = Buffer.alloc(0)

/** Node reads from a pipe as soon as the loop turns: until then it can be told where to. */
async function outputOf(
  child: ChildProcess,
  receiver: Receiver,
  take: (piece: Buffer) => void,
): Promise<void> {
  if (!(child.stdout instanceof Socket) || child.pid === undefined) return
  const output = receiver.adopt(child.stdout, (piece) => {
    take(piece)
    return true
  })
  await new Promise<void>((resolve) =>
    output.once('close', () => resolve()).on('error', () => output.destroy()),
  )
}

/** The exit status; undefined where it did not run, or a signal ended it. */
function statusOf(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(undefined))
    child.once('exit', (status) => resolve(status ?? undefined))
  })
}

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended, and all of its group.
  }
}

/** Where its user lives and which programs there are; of the rest of our environment there is nothing to hand on. */
function environment(): NodeJS.ProcessEnv {
  const { username, homedir, uid } = userInfo()
  return {
    HOME: homedir,
    USER: username,
    LOGNAME: username,
    PATH: '/usr/local/bin:/usr/bin:/bin',
    LANG: 'C.UTF-8',
    XDG_RUNTIME_DIR: `/run/user/${uid}`,
  }
}
