// What is installed outside of sgetd and changes how it is reached: a human has to want it. sgetd says yes, and that it did.
import { Refusal } from '@sget/wire/broker'
import { demandHuman } from './answering.ts'
import type { Request } from './request.ts'

/** What can be asked about, and how that is put to whoever has to prove it. */
const installations: Readonly<Record<string, string>> = { service: 'install the login agent' }

/** Lets a human, or whoever proves it, install something; the record is there before it is. */
export async function install(request: Request<'install'>): Promise<void> {
  const { what } = request.body
  const summary = installations[what]
  if (summary === undefined) throw new Refusal('usage', 'there is no such thing to install')
  request.note({ reason: what })
  await demandHuman(request, summary)
  request.house.recorder.record('installed', request.caller, request.noted)
  request.reply('done', {})
}
