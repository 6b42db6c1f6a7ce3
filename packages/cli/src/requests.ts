// `sgetctl pending`, `approve` and `deny`: requests that wait for a human.
import { level, Refusal, type Body } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import { Ended, handOver } from './handover.ts'
import { withDaemon, type Session } from './session.ts'
import type { Answer } from './terminal.ts'
import { isoTime, span } from './time.ts'

type Request = Body<'requestList'>['requests'][number]

/** What waits, and what lets it pass. */
export async function pending(context: Context): Promise<Answer> {
  const { requests } = await withDaemon(context, (session) => session.ask('requests', {}, 'requestList'))
  return {
    json: { requests: requests.map(shape) },
    lines:
      requests.length === 0 ? ['nothing waits'] : requests.flatMap((request) => described(context, request)),
  }
}

/** Shows a request and allows it: by our word, or, where sgetd wants a proof, by the passphrase that sget asks for. */
export async function approve(context: Context, id: string): Promise<Answer> {
  await withDaemon(context, async (session) => {
    const request = await find(session, id)
    for (const line of described(context, request)) context.terminal.tell(line)
    if (request.level === level.ack) await session.ask('approve', { request: id }, 'done')
    else await prove(context, id)
  })
  return { json: { approved: id }, lines: [`approved ${id}`] }
}

/** Refuses a request. */
export async function deny(context: Context, id: string): Promise<Answer> {
  await withDaemon(context, (session) => session.ask('deny', { request: id }, 'done'))
  return { json: { denied: id }, lines: [`denied ${id}`] }
}

async function find(session: Session, id: string): Promise<Request> {
  const { requests } = await session.ask('requests', {}, 'requestList')
  const found = requests.find((request) => request.id === id)
  if (found === undefined) throw new Refusal('request-unknown', id)
  return found
}

async function prove(context: Context, id: string): Promise<void> {
  const status = await handOver(context, ['prove', id]).ended
  if (status !== 0) throw new Ended(status)
}

function described(context: Context, { id, level: wanted, summary, asker, expires }: Request): string[] {
  const answer =
    wanted === level.ack
      ? commandLine(context, 'sgetctl', `approve ${id}`)
      : commandLine(context, 'sget', `prove ${id}`)
  return [
    `${id}  ${summary}`,
    `    asked by ${asker}; ends in ${span(expires - Date.now())}`,
    `    to allow it: ${answer}    to refuse it: ${commandLine(context, 'sgetctl', `deny ${id}`)}`,
  ]
}

function shape({ level: wanted, expires, ...rest }: Request): object {
  return { ...rest, needs: wanted === level.ack ? 'ack' : 'proof', expires: isoTime(expires) }
}
