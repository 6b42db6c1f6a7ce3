// A connection for what also has to work where no daemon runs: it is started then, locked.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { Refusal } from '@sget/wire'
import type { Context } from './context.ts'
import { Ended } from './handover.ts'
import { withDaemon, type Session } from './session.ts'

/** As `withDaemon`, but a daemon that does not run is started. */
export async function withStartedDaemon<T>(
  context: Context,
  talk: (session: Session) => Promise<T>,
): Promise<T> {
  try {
    return await withDaemon(context, talk)
  } catch (error) {
    if (!(error instanceof Refusal) || !isAbsence(error)) throw error
  }
  await startDaemon(context)
  return await withDaemon(context, talk)
}

/** Whether no daemon runs. */
export function isAbsence({ failure }: Refusal): boolean {
  return failure === 'no-daemon' || failure === 'daemon-gone'
}

/** `sgetd --detach` ends when the daemon serves, and says itself what stopped it. */
async function startDaemon({ sget, home }: Context): Promise<void> {
  const words = ['--detach', ...(home === undefined ? [] : ['--home', home])]
  const child = spawn(join(dirname(sget), 'sgetd'), words, { stdio: ['ignore', 2, 2] })
  const status = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(notStartedStatus))
    child.once('exit', (code) => resolve(code ?? notStartedStatus))
  })
  if (status !== 0) throw new Ended(status)
}

const notStartedStatus = 126
