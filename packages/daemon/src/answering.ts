// The human's side of requests that wait: which there are, and yes or no.
import { level, Refusal } from '@sget/wire/broker'
import type { Question } from './approvals.ts'
import { refusalOf } from './refusals.ts'
import type { Request } from './request.ts'

/** Lists what waits. */
export function requests(request: Request<'requests'>): void {
  const waiting = request.house.approvals.waiting.map(({ id, level: wanted, summary, asker, expires }) => ({
    id,
    level: level[wanted],
    summary,
    asker,
    expires,
  }))
  request.reply('requestList', { requests: waiting })
}

/**
 * Lets a request pass. It counts as a click, which a program of the same user can imitate: what wants a proof is not
 * allowed so, and whoever is not a human in a terminal has to prove that they are.
 */
export async function approve(request: Request<'approve'>): Promise<void> {
  const { approvals, recorder } = request.house
  const { id, level: wanted, recorded } = approvals.find(request.body.request)
  request.note({ reason: recorded })
  if (wanted === 'ack' && isHuman(request)) {
    recorder.record('approved', request.caller, request.noted)
    approvals.decide(id, 'approved')
  } else await approvals.awaitProof(id, request.exchange)
  request.reply('done', {})
}

/** Ends a request with no. Anybody outside agents may: it only takes away. */
export function deny(request: Request<'deny'>): void {
  const { approvals } = request.house
  approvals.decide(request.body.request, 'approval-denied')
  request.reply('done', {})
}

/** A human in a terminal of their own, or whoever gave the passphrase on this connection. */
export function isHuman({ caller, exchange, house }: Request): boolean {
  return caller.class === 'human' || house.proofs.isProvedConnection(exchange.connection)
}

/** Returns when a human has proved that they want this; at once where they did so on this connection. */
export async function demandProof(request: Request, summary: string): Promise<void> {
  const { proofs } = request.house
  if (proofs.isProvedConnection(request.exchange.connection)) return
  if (request.caller.class === 'agent') throw new Refusal('agent-forbidden')
  const { executable, pid } = request.caller.peer
  await askHuman(request, { level: 'proof', summary, asker: executable, pid })
}

/**
 * Returns when a human has allowed it. Who goes away before that leaves a record, as the refused do: it may be one who has
 * no passphrase, and tries what can be had without.
 */
export async function askHuman(request: Request, question: Question): Promise<void> {
  const { approvals, recorder } = request.house
  try {
    await approvals.ask(request.exchange, question)
  } catch (error) {
    const reason = 'connection-lost'
    if (refusalOf(error)?.failure === reason) recorder.refuse(request.caller, { ...request.noted, reason })
    throw error
  }
}

/** For what must also work where nobody could give the passphrase: then a human in a terminal of their own may go on. */
export async function demandHuman(request: Request, summary: string): Promise<void> {
  if (request.caller.class === 'human') return
  if (request.house.keeper.opened === undefined) throw new Refusal('not-human')
  await demandProof(request, summary)
}
