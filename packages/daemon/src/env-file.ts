// What an env file brings into a run: references from the repository that it lies in, and plain values beside them.
import { Refusal } from '@sget/wire/broker'
import type { Wanting } from './asked.ts'
import { originBytesMax } from './limits.ts'

/** The root of the repository whose env file names what is asked for; empty where none does. Throws `usage`. */
export function originOf(request: Wanting): string {
  const { body } = request
  const origin = 'origin' in body ? body.origin : ''
  if (origin === '') return ''
  if (!origin.startsWith('/') || Buffer.byteLength(origin) > originBytesMax)
    throw new Refusal('usage', `an env file lies in a folder of at most ${originBytesMax} bytes`)
  request.note({ origin })
  return origin
}

/** Beside a reference, a repository could set what a program obeys. Throws `plain-forbidden` for what no human has listed. */
export function refusePlain({ body, house }: Wanting): void {
  if (!('plain' in body)) return
  const { plainVariables } = house.keeper.use.documents.config
  const foreign = body.plain.find(({ variable }) => !plainVariables.includes(variable))
  if (foreign !== undefined) throw new Refusal('plain-forbidden', foreign.variable)
}
