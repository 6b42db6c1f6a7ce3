// Hands over to `sget` where a passphrase is typed: the same terminal, the same instance, and its exit status as ours.
import { spawn, type StdioOptions } from 'node:child_process'
import type { Context } from './context.ts'

/** Thrown when sget has failed and said why: there is nothing to add but its exit status. */
export class Ended extends Error {
  readonly status: number
  constructor(status: number) {
    super(`sget ended with ${status}`)
    this.status = status
  }
}

/** A running sget. */
export interface Handover {
  /** Settles with the exit status. */
  readonly ended: Promise<number>
  /** Ends it, when what it was to do is moot. */
  readonly stop: () => void
}

/** Where sget finds the passphrase, whatever the number of the descriptor that we were given. */
const passphraseFd = 3

/** The exit status of a program that a signal ended, nearly as shells have it. */
const signalledStatus = 128

/** The exit status of a program that could not be started, as shells have it. */
const notStartedStatus = 126

/** Starts `sget` with these words. While it runs, Ctrl-C is its own: it puts the terminal right before it ends. */
export function handOver(context: Context, words: readonly string[]): Handover {
  const home = context.home === undefined ? [] : ['--home', context.home]
  const passphrase = context.passphraseFd === undefined ? [] : ['--passphrase-fd', `${passphraseFd}`]
  const child = spawn(context.sget, [...home, ...words, ...passphrase], { stdio: stdioOf(context) })
  const ignore = (): void => undefined
  process.on('SIGINT', ignore)
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      context.terminal.complain([`sgetctl: cannot start ${context.sget}: ${error.message}`])
      resolve(notStartedStatus)
    })
    child.once('exit', (status) => resolve(status ?? signalledStatus))
  }).finally(() => process.off('SIGINT', ignore))
  return { ended, stop: () => void child.kill('SIGTERM') }
}

/** Standard output belongs to our one JSON document: what sget says goes to standard error then. */
function stdioOf({ json, passphraseFd: given }: Context): StdioOptions {
  return ['inherit', json ? 2 : 'inherit', 'inherit', ...(given === undefined ? [] : [given])]
}
