// May a request for values be met: what the rules say, and the human where they want one or an env file is a new one.
import {
  decide,
  printable,
  type Claim,
  type CommandLine,
  type Proof,
  type Refuse,
  type Release,
  type Use,
  type Verdict,
} from '@sget/policy'
import { Refusal } from '@sget/wire/broker'
import { askHuman } from './answering.ts'
import { type WantedItem, type Wanting } from './asked.ts'
import { clip } from './clip.ts'
import { commandName, shownCommand } from './command-line.ts'
import { itemName, itemNames } from './item.ts'
import { failureOf, policyCaller } from './judge.ts'
import { isElsewhere, nothingObtained, obtain, type Hoard } from './obtaining.ts'
import { ownTerminal } from './proofs.ts'
import { refusalOf } from './refusals.ts'

/** What a `read` or `run` comes down to. */
export interface Asked {
  readonly use: Use
  readonly items: readonly WantedItem[]
  readonly claim: Claim | undefined
  /** The root of the repository whose env file names them; empty where none does. */
  readonly origin: string
}

/** Of an origin a question shows so much. */
const originShownBytesMax = 150

/** What a request may have, and what of it lay elsewhere. */
export interface Permitted {
  readonly released: Release
  readonly hoard: Hoard
}

/**
 * Decides; asks the human once, on the higher level of what the rules and a new origin want; has them sign in where the rules
 * demand that, and what lies elsewhere fetched; and decides again with the answer, since much may have happened meanwhile. A grant is spent here, after all that can fail.
 */
export async function permit(request: Wanting, asked: Asked): Promise<Permitted> {
  const { proofs, ledger, signIn } = request.house
  const here = proofs.isProvedConnection(request.exchange.connection)
  let proof: Proof = { here, remembered: isRememberedTerminal(request) }
  let verdict = judge(request, asked, proof)
  let hoard = nothingObtained
  const answered =
    verdict.verdict === 'refuse' ? undefined : await settled(request, asked, { verdict, proof })
  if (answered !== undefined) {
    proof = answered
    verdict = judge(request, asked, proof)
  }
  if (verdict.verdict === 'release' && takesTime(request, asked, verdict)) {
    if (verdict.demand !== undefined) await signIn.ensure(verdict.demand, request.asker)
    hoard = await obtain(request, verdict.items)
    verdict = judge(request, asked, proof)
  }
  if (verdict.verdict === 'ask') throw new Refusal('needs-proof')
  if (verdict.verdict === 'release') refuseUnlessSignedIn(request, verdict)
  if (verdict.grant !== undefined) ledger.keep(verdict.grant)
  if (verdict.verdict === 'refuse') throw refused(request, verdict)
  return { released: verdict, hoard }
}

/** Whether there is more to wait for than the human's answer. */
function takesTime(request: Wanting, { items }: Asked, { demand }: Release): boolean {
  return demand !== undefined || isElsewhere(request, items)
}

/** Looked at last and at once: a session may have ended, or the rules may demand another, while something was waited for. */
function refuseUnlessSignedIn(request: Wanting, { demand }: Release): void {
  const { signIn } = request.house
  if (demand === undefined) return
  if (!signIn.meets(demand)) throw new Refusal('sso-needed')
  request.note({ subject: signIn.state.subject })
}

interface Unsettled {
  readonly verdict: Verdict
  readonly proof: Proof
}

/** What is proved after a human's answer; undefined where none was wanted. */
async function settled(
  request: Wanting,
  asked: Asked,
  { verdict, proof }: Unsettled,
): Promise<Proof | undefined> {
  const { origins } = request.house.keeper.use
  const strangers = origins.strangers(asked.origin, asked.items.map(itemName))
  const isAsked = verdict.verdict === 'ask'
  // Whoever has proved it on this very connection has seen what it asks for.
  const isStrange = strangers.length > 0 && !proof.here
  if (isAsked || isStrange) await ask(request, asked, { level: isAsked ? 'proof' : 'ack', strangers })
  if (strangers.length > 0) await request.house.keeper.use.origins.allow(asked.origin, strangers)
  if (isAsked) return { here: true, remembered: false }
  return isStrange ? proof : undefined
}

interface Matter {
  readonly level: 'ack' | 'proof'
  readonly strangers: readonly string[]
}

/** One question, whatever is to be answered. What was refused of an origin is not asked again for a while. */
async function ask(request: Wanting, asked: Asked, { level, strangers }: Matter): Promise<void> {
  const { origins } = request.house.keeper.use
  if (request.caller.class !== 'human' && origins.isRefused(asked.origin, strangers))
    throw new Refusal('approval-denied')
  const attested = ` (attested: ${request.caller.attested ? 'yes' : 'no'})`
  try {
    await askHuman(request, {
      level,
      summary: summaryOf(asked, strangers, shownCommand) + attested,
      recorded: summaryOf(asked, strangers, commandName) + attested,
      asker: askerOf(request),
      pid: (request.caller.agent ?? request.caller.peer).pid,
    })
  } catch (error) {
    if (refusalOf(error)?.failure === 'approval-denied') origins.refuse(asked.origin, strangers)
    throw error
  }
}

function judge(request: Wanting, { use, items, claim }: Asked, proof: Proof): Verdict {
  const { keeper, ledger, attestation } = request.house
  const caller = policyCaller(request.caller)
  const { attested } = request.caller
  const attestable = use.purpose === 'run' && !attested && attestation().kind === 'sound'
  return decide(
    keeper.use.documents.rules,
    ledger.grants,
    { caller, attested, attestable, use, items, proof, claim },
    ledger.instant,
  )
}

function refused(request: Wanting, { code, alarm, rule }: Refuse): Refusal {
  request.note({ rule })
  if (alarm) {
    request.house.recorder.alarm(request.caller, { ...request.noted, reason: code })
    request.house.log.warn({ code, pid: request.caller.peer.pid, grant: request.noted.grant }, 'alarm')
  }
  const file =
    request.noted.sink?.startsWith('file ') === true ? request.noted.sink.slice('file '.length) : ''
  return new Refusal(failureOf(code), code === 'sink-file' ? file : '')
}

function isRememberedTerminal({ caller, house }: Wanting): boolean {
  const terminal = ownTerminal(caller)
  return terminal !== undefined && house.proofs.isProvedTerminal(terminal)
}

/** An origin that is new stands first: it is what nobody has been asked about before. */
function summaryOf(
  { use, items, origin }: Asked,
  strangers: readonly string[],
  told: (line: CommandLine) => string,
): string {
  const names = itemNames(items)
  if (use.purpose !== 'run') return `read ${names}`
  const from = clip(printable(origin), originShownBytesMax)
  const first = strangers.length === 0 ? '' : `for the first time from ${from}: `
  return `${first}run ${told(use.line)} with ${names}`
}

function askerOf({ caller }: Wanting): string {
  return caller.processes[1]?.executable ?? caller.peer.executable
}
