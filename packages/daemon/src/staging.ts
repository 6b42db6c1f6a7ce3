// Putting a policy or config in force: the text as it was shown to the human, and only with their proof.
import { isDeepStrictEqual } from 'node:util'
import { Refusal } from '@sget/wire/broker'
import { demandProof } from './answering.ts'
import { check } from './documents.ts'
import { documentNames, type DocumentName } from './drafts.ts'
import type { Request } from './request.ts'

/** Checks a text, waits for the proof, and puts exactly this text in force. What the rules before allowed is over. */
export async function stage(request: Request<'stage'>): Promise<void> {
  const { keeper, ledger, recorder, signIn, log } = request.house
  const name = documentName(request.body.name)
  const { content } = request.body
  check(name, content)
  const next = keeper.use.documents.inForce(name).generation + 1
  await demandProof(request, `put ${name} generation ${next} in force`)
  recorder.record(name === 'policy' ? 'policy-applied' : 'config-applied', request.caller, {
    generation: next,
  })
  const { sso } = keeper.use.documents.config
  const generation = await keeper.apply(name, content)
  if (name === 'policy') ledger.revokeAll()
  if (!isDeepStrictEqual(keeper.use.documents.config.sso, sso)) signIn.end('config')
  log.info({ document: name, generation }, 'in force')
  request.reply('done', {})
}

/** The text in force. */
export function document(request: Request<'document'>): void {
  const name = documentName(request.body.name)
  const { generation, text } = request.house.keeper.use.documents.inForce(name)
  request.reply('documentText', { name, generation, content: text })
}

function documentName(name: string): DocumentName {
  const known = documentNames.find((other) => other === name)
  if (known === undefined) throw new Refusal('document-unknown', name)
  return known
}
