// A vault behind a program: `PROVIDER PATH` prints the one value of a secret (the convention of Summon's providers).
import { spawn, type ChildProcess } from 'node:child_process'
import { userInfo } from 'node:os'
import { Socket } from 'node:net'
import { BackendFailure, valueBytesMax, type Packing } from '@sget/backend'
import type { Receiver } from '@sget/memory'
import { providerMs } from './limits.ts'

/** The field that such a value is: the one that a reference means when it names none. */
export const providedField = 'password'

/** What a provider is run with. */
export interface ProviderOptions {
  /** The whole path of the program. */
  readonly command: string
  /** Its output lands in locked memory and nowhere else. */
  readonly receiver: Receiver
  /** How long it may take, ms. */
  readonly waitMs?: number
}

/**
 * Runs the program for one path and packs what it prints, without a newline at its end. No shell, nothing on standard input,
 * nothing of its complaints kept, and an environment of what a program of this user cannot do without.
 *
 * @throws BackendFailure `unreachable` (it cannot be run, or takes too long), `not-found` (it says no), `too-large`
 */
export async function provide(
  { command, receiver, waitMs = providerMs }: ProviderOptions,
  path: string,
  into: Packing,
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
  try {
    const length = await gather(child, receiver, into.roomFor(providedField))
    const status = await ended
    if (status === undefined)
      throw new BackendFailure('unreachable', `${command} does not run, or takes too long`)
    if (status !== 0) throw new BackendFailure('not-found', `${command} has nothing for that path`)
    if (length === undefined)
      throw new BackendFailure('too-large', `${command} prints more than a value may have`)
    into.keep(providedField, length)
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', end)
    end()
  }
}

/** What it prints, straight to the room of the field; how much, or undefined where there is more than fits. */
async function gather(
  child: ChildProcess,
  receiver: Receiver,
  room: Buffer = nothing,
): Promise<number | undefined> {
  const into = room.subarray(0, valueBytesMax + newlineBytes)
  const printed = { bytes: 0 }
  await outputOf(child, receiver, (piece) => {
    const fits = printed.bytes + piece.length <= into.length
    if (fits) piece.copy(into, printed.bytes)
    else endGroup(child)
    printed.bytes += piece.length
  })
  const kept = into[printed.bytes - 1] === newline ? printed.bytes - newlineBytes : printed.bytes
  return kept <= Math.min(valueBytesMax, into.length) ? kept : undefined
}

const nothing = Buffer.alloc(0)
const newline = 0x0a
const newlineBytes = 1

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
