// Requests that change what a vault holds: put, remove, generate, rotate.
import { randomFill } from '@sget/memory'
import { defaultField, formatRef, parseRef, Refusal, type Ref } from '@sget/wire/broker'
import { decide } from '@sget/policy'
import { demandProof } from './answering.ts'
import { failureOf, policyCaller } from './judge.ts'
import type { Request } from './request.ts'

/** Stores a value that the peer supplies. */
export async function put(request: Request<'put'>): Promise<void> {
  const { keeper, pools, recorder } = request.house
  const { vault } = keeper.use
  const { path, field } = target(request, request.body.ref)
  await allowWrite(request, { path, field }, request.body.replace)
  await request.readyToTake()
  using supplied = await request.exchange.supplied(pools)
  if (supplied.bytes.length === 0) throw new Refusal('value-empty')
  recorder.record('put', request.caller, request.noted)
  await vault.put({ path, field }, supplied.bytes, { replace: request.body.replace })
  request.reply('done', {})
}

/** Stores a random value that nobody ever sees. */
export async function generate(request: Request<'generate'>): Promise<void> {
  const { keeper, pools, recorder } = request.house
  const { vault } = keeper.use
  const { ref, replace, characters, alphabet } = request.body
  const letters = alphabets[alphabet]
  if (letters === undefined || characters < generatedMin || characters > generatedMax)
    throw new Refusal(
      'usage',
      `${generatedMin} to ${generatedMax} characters of ${Object.keys(alphabets).join(', ')}`,
    )
  const { path, field } = target(request, ref)
  await allowWrite(request, { path, field }, replace)
  using loan = await pools.loan(characters, request.exchange.borrower)
  fillRandom(loan.bytes, Buffer.from(letters))
  recorder.record('generated', request.caller, request.noted)
  await vault.put({ path, field }, loan.bytes, { replace })
  request.reply('done', {})
}

/** Removes a field, or a whole secret. */
export async function remove(request: Request<'remove'>): Promise<void> {
  const { keeper, recorder } = request.house
  const { vault } = keeper.use
  const ref = parsed(request.body.ref)
  request.note({ ref: ref.path, field: ref.field })
  refuseMounted(request, ref.path)
  await vault.describe(ref.path)
  await demandProof(request, `remove ${formatRef(ref)}`)
  recorder.record('removed', request.caller, request.noted)
  await vault.remove(ref.path, ref.field)
  request.reply('done', {})
}

/** Has a vault on the network make a new value. A human who is wanted for that signs in before it is on record. */
export async function rotate(request: Request<'rotate'>): Promise<void> {
  const { keeper, recorder } = request.house
  const { path } = parsed(request.body.ref)
  request.note({ ref: path })
  const mounted = keeper.use.vaults.at(path)
  if (mounted === undefined) throw new Refusal('vault-unable')
  await demandProof(request, `rotate ${path}`)
  await mounted.source.ready(request.asker)
  recorder.record('rotated', request.caller, request.noted)
  await mounted.rotate(path)
  request.reply('done', {})
}

const generatedMin = 8
const generatedMax = 1024

const digits = '0123456789'
const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** What a generated value may consist of. None has a character that a shell, a URL or a config file would obey. */
const alphabets: Readonly<Record<string, string>> = {
  letters: letters + digits,
  hex: `${digits}abcdef`,
  digits,
  symbols: `${letters}${digits}-_.~+=:@%^`,
}

/** Even choices from the alphabet: a random byte beyond the last whole multiple of its length is drawn again. */
function fillRandom(into: Buffer, alphabet: Buffer): void {
  const byte = into.subarray(0, 1)
  const limit = 256 - (256 % alphabet.length)
  for (let at = into.length - 1; at >= 0; at--) {
    do randomFill(byte)
    while ((byte[0] ?? 256) >= limit)
    into[at] = alphabet[(byte[0] ?? 0) % alphabet.length] ?? 0
  }
}

function parsed(text: string): Ref {
  const ref = parseRef(text)
  if (ref === undefined) throw new Refusal('bad-ref', text)
  return ref
}

/** A field to be written. */
interface Target {
  readonly path: string
  readonly field: string
}

function target(request: Request, text: string): Target {
  const { path, field = defaultField } = parsed(text)
  refuseMounted(request, path)
  request.note({ ref: path, field, exposure: 'write' })
  return { path, field }
}

/** What lies in a vault on the network is changed there: its keepers have rules of their own for that. */
function refuseMounted({ house }: Request, path: string): void {
  if (house.keeper.use.vaults.at(path) !== undefined) throw new Refusal('vault-unable')
}

/** A human may add, an agent where a rule lists `write`; whoever is neither, and whoever replaces, has to prove it. */
async function allowWrite(request: Request, ref: Target, replace: boolean): Promise<void> {
  const known = await request.house.keeper.use.vault.describe(ref.path).catch(() => undefined)
  const exists = known?.fields.some(({ name }) => name === ref.field) ?? false
  if (exists && !replace) throw new Refusal('exists')
  if (request.caller.class === 'agent') allowAgent(request, ref)
  if (exists) await demandProof(request, `replace ${formatRef(ref)}`)
  else if (request.caller.class === 'unattributed') await demandProof(request, `add ${formatRef(ref)}`)
}

/** Throws where the rules do not let the agent write. */
function allowAgent({ caller, house }: Request, { path, field }: Target): void {
  const verdict = decide(
    house.keeper.use.documents.rules,
    house.ledger.grants,
    {
      caller: policyCaller(caller),
      attested: caller.attested,
      attestable: false,
      use: { purpose: 'write' },
      items: [{ ref: path, field }],
      proof: { here: false, remembered: false },
    },
    house.ledger.instant,
  )
  if (verdict.verdict === 'refuse') throw new Refusal(failureOf(verdict.code))
}
