// What a `read` asks for: a handle or none, which fields, and where the values would land.
import { chooseField } from '@sget/backend'
import { appliedTo, type Claim, type Item, type Use } from '@sget/policy'
import { toldFile, type OpenFile } from '@sget/native'
import { oldestOnPath } from '@sget/provenance'
import {
  isSafeVariable,
  parseRef,
  Refusal,
  refsPerRequestMax,
  valueBytesMax,
  type Body,
  type Ref,
} from '@sget/wire/broker'
import { commandLine, commandName } from './command-line.ts'
import { policyCaller } from './judge.ts'
import { readHandle } from './ledger.ts'
import type { Request } from './request.ts'

/** A request whose answer is values. */
export type Wanting = Request<'read' | 'run'>

/** One field that is asked for, and the variable that it is for. */
export interface WantedItem extends Item {
  readonly variable: string
  /** The length of its value, or the longest that there may be. */
  readonly bytes: number
}

/** The handle that came with the request, and what is known of the process that brought it. */
export function claimOf(request: Wanting): Claim | undefined {
  const { body, caller, house } = request
  if (body.grant === '') return undefined
  const { id, secretHash } = readHandle(body.grant)
  const grant = house.ledger.grants.get(id)
  const session = grant && house.sessions.withId(grant.session)
  request.note({ grant: id, session: grant?.session })
  return {
    id,
    secretHash,
    chain: caller.processes,
    oldestTicks: session ? oldestOnPath(caller, session.place) : 0,
  }
}

/** The fields that are asked for: those that are named, else all that the handle is for. */
export async function wantedItems(request: Wanting, claim: Claim | undefined): Promise<WantedItem[]> {
  const { wanted } = request.body
  if (wanted.length > refsPerRequestMax) throw new Refusal('too-many-refs')
  if (wanted.length > 0) return Promise.all(wanted.map((row) => namedItem(request, row)))
  const grant = claim && request.house.ledger.grants.get(claim.id)
  if (grant === undefined) throw new Refusal(claim === undefined ? 'usage' : 'grant-unknown', 'no reference')
  return Promise.all(
    grant.fields.map(({ ref, field, variable }) => knownItem(request, { path: ref, field }, variable)),
  )
}

/** A reference with the field that it means. What there is not is refused like what may not be had. */
export async function namedItem(
  request: Wanting | Request<'grant'>,
  { ref, variable }: Body<'read'>['wanted'][number],
): Promise<WantedItem> {
  const parsed = parseRef(ref)
  if (parsed === undefined) throw new Refusal('bad-ref', ref)
  request.note({ ref: parsed.path, field: parsed.field })
  if (variable !== '' && !isSafeVariable(variable)) throw new Refusal('bad-variable', variable)
  return knownItem(request, parsed, variable)
}

async function knownItem(
  request: Wanting | Request<'grant'>,
  { path, field }: Ref,
  variable: string,
): Promise<WantedItem> {
  const { vaults } = request.house.keeper.use
  if (vaults.at(path) !== undefined) {
    refuseHopeless(request, path)
    // Whether it is there is seen when it is fetched: who may not have it, or whose handle is worthless, sends nobody to sign in.
    if (field !== undefined && !('shell' in request.body))
      return { ref: path, field, variable, bytes: valueBytesMax }
  }
  const description = await vaults.describe(path, request.asker)
  const chosen = chooseField(description, field)
  const bytes = description.fields.find(({ name }) => name === chosen)?.bytes ?? valueBytesMax
  return { ref: path, field: chosen, variable, bytes }
}

/** A vault on the network is not asked, nor a human to sign in there, for what no rule gives to an agent anyhow. */
function refuseHopeless({ caller, house }: Request, path: string): void {
  const { rules } = house.keeper.use.documents
  if (caller.class !== 'agent') return
  if (appliedTo(rules, policyCaller(caller), path).permission.exposures.length === 0)
    throw new Refusal('denied')
}

/** What the values are for, and where they would land. */
export async function useOf(request: Wanting): Promise<Use> {
  const { body } = request
  return 'program' in body ? runOf(request, body) : printOf(request, body)
}

function runOf(request: Wanting, body: Body<'run'>): Use {
  const { fingerprint, keeper } = request.house
  const { masked, digest } = body
  const line = commandLine(body, keeper.use.documents.rules)
  const program = commandName(line)
  request.note({ sink: 'command', exposure: 'run', command: fingerprint(digest), program, masked })
  return { purpose: 'run', masked, line }
}

async function printOf(request: Wanting, { reveal }: Body<'read'>): Promise<Use> {
  const { caller, house } = request
  const sink = await house.tracer.landing(caller, request.lives, standardOutput(request))
  request.note({ sink: sink.kind === 'file' ? `file ${sink.path}` : sink.kind })
  return { purpose: 'print', sink: sink.kind, reveal }
}

/** Where an attested peer says that it writes. */
function standardOutput({ exchange }: Wanting): OpenFile | undefined {
  const { report } = exchange.connection
  if (report === undefined) return undefined
  const { inodeHigh, inodeLow, ...told } = report
  return toldFile({ ...told, inode: (BigInt(inodeHigh) << 32n) | BigInt(inodeLow) })
}

const newline = 0x0a

/**
 * A variable cannot hold every value: `$(…)` cuts final newlines off, and NUL ends a string. What is printed elsewhere, and
 * what a run has no variable for, since it is for a file, may be anything.
 */
export function refuseUnfit(value: Buffer, use: Use, variable: string): void {
  if (use.purpose === 'print' ? use.sink !== 'shell' : variable === '') return
  if (value.includes(0)) throw new Refusal('value-nul')
  if (use.purpose === 'print' && value.at(-1) === newline) throw new Refusal('value-newline')
}
