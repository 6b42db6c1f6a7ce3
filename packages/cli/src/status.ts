// `sgetctl status`: whether sgetd runs, what it holds, what waits for a human, and where its files lie.
import { existsSync } from 'node:fs'
import { Refusal, vaultName, type Body } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import * as findings from './findings.ts'
import { identityLines, identityShape, type Identity } from './identity.ts'
import { withDaemon, type Session } from './session.ts'
import { isAbsence } from './starting.ts'
import type { Answer } from './terminal.ts'
import { isoTime, readableTime, span } from './time.ts'
import { forgotten } from './vault.ts'

type State = Body<'state'>
type Draft = State['drafts'][number]
type Anchor = State['anchors'][number]
type Mount = Body<'mountList'>['mounts'][number]

/** All that sgetd tells. */
interface Told {
  readonly state: State
  readonly checked: findings.Findings
  /** Undefined, as the mounts, where sgetd cannot tell, since the config in force is in a vault that is closed. */
  readonly identity: Identity | undefined
  readonly mounts: readonly Mount[]
}

/** Asks sgetd for its state. That none runs is an answer, not a failure. */
export async function status(context: Context): Promise<Answer> {
  try {
    return running(context, await withDaemon(context, ask))
  } catch (error) {
    if (error instanceof Refusal && isAbsence(error)) return notRunning(context)
    throw error
  }
}

async function ask(session: Session): Promise<Told> {
  const state = await session.ask('status', {}, 'state')
  const checked = await findings.askIfTold(session)
  const identity = await ifTold(session.ask('session', {}, 'sessionState'))
  const listed = await ifTold(session.ask('mounts', {}, 'mountList'))
  return { state, checked, identity, mounts: listed?.mounts ?? [] }
}

async function ifTold<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof Refusal) return undefined
    throw error
  }
}

function notRunning(context: Context): Answer {
  const vault = existsSync(context.paths.vault)
  const next = vault ? commandLine(context, 'sget', 'unlock') : commandLine(context, 'sgetctl', 'init')
  return {
    json: { running: false, vault, name: vaultName(context.paths), paths: context.paths },
    lines: [`sgetd is not running: ${next}`, ...placesOf(context), ...(vault ? forgotten(context) : [])],
  }
}

function running(context: Context, { state, checked, identity, mounts }: Told): Answer {
  const waiting = `${state.waiting} (${commandLine(context, 'sgetctl', 'pending')})`
  return {
    json: {
      running: true,
      ...shape(state),
      session: identity === undefined ? null : identityShape(identity),
      mounts,
      name: vaultName(context.paths),
      paths: context.paths,
    },
    lines: [
      `${state.program} is running: pid ${state.pid}, since ${readableTime(state.started)}`,
      `vault              ${vaultLine(context, state)}`,
      ...(identity === undefined ? [] : identityLines(context, identity)),
      ...mounts.map(mountLine),
      `secrets            ${state.locked ? 'not counted while locked' : state.secrets}`,
      `live grants        ${state.liveGrants}`,
      ...findings.line(context, checked),
      `waiting requests   ${state.waiting === 0 ? '0' : waiting}`,
      `attested           ${attestedWords(state)}`,
      ...state.drafts.map((draft) => draftLine(context, draft)),
      ...state.anchors.map(anchorLine),
      ...placesOf(context),
      ...(state.vault && state.locked ? forgotten(context) : []),
    ],
  }
}

/** What it means for the rules in force. */
function attestedWords({ attested, runOnly }: State): string {
  if (attested) return 'yes'
  const no = 'no, sgetd cannot tell the genuine sget from a copy: SECURITY.md'
  const rules = runOnly === 1 ? '1 rule for run alone holds' : `${runOnly} rules for run alone hold`
  return runOnly === 0 ? no : `${no}; so ${rules} careless agents, and to a directed one run is read`
}

function vaultLine(context: Context, state: State): string {
  if (!state.vault) return `there is none yet: ${commandLine(context, 'sgetctl', 'init')}`
  if (state.locked) return `locked: ${commandLine(context, 'sget', 'unlock')}`
  const idle = span(state.locksAfterSeconds * 1000)
  return `unlocked since ${readableTime(state.unlocked)}, locks after ${idle} without use`
}

function mountLine({ at, kind, address, login, state, ttlSeconds, staleSeconds }: Mount): string {
  const how = login === '' ? '' : ` by ${login}`
  const stale = staleSeconds === 0 ? '' : `, ${span(staleSeconds * 1000)} while it cannot be reached`
  const kept = `values count for ${span(ttlSeconds * 1000)}${stale}`
  return `${`mount ${at}`.padEnd(18)} ${[kind, address].filter(Boolean).join(' ')}${how}: ${state}; ${kept}`
}

function draftLine(context: Context, { name, generation, draft }: Draft): string {
  const inForce = `${name.padEnd(19)}generation ${generation} is in force`
  return `${inForce}, ${draftWords(context, name, draft)}`
}

function draftWords(context: Context, name: string, draft: string): string {
  if (draft === 'same') return 'and is what the draft says'
  if (draft === 'missing') return 'the draft is missing'
  if (draft === 'invalid')
    return `the draft is invalid, not in force: ${commandLine(context, 'sgetctl', `${name} check`)}`
  return `draft differs, not in force: ${commandLine(context, 'sgetctl', `${name} apply`)}`
}

/** How far the audit log is known elsewhere, where a cut or an old copy of it shows. */
function anchorLine({ place, state, sequence, time }: Anchor): string {
  const newest =
    sequence === 0 ? 'nothing yet, or there is none' : `record ${sequence}, ${readableTime(time)}`
  const words = state === 'failed' ? `FAILED since ${newest}; sgetd tries again, its log tells why` : newest
  return `audit, ${`in the ${place}`.padEnd(18)}${words}`
}

function placesOf({ paths }: Context): string[] {
  return [
    `drafts             ${paths.config}`,
    `vault name         ${vaultName(paths)}`,
    `vault file         ${paths.vault}`,
    `audit              ${paths.audit}`,
    `log                ${paths.log}`,
  ]
}

function shape({ started, unlocked, locked, ...rest }: State): object {
  return { ...rest, locked, startedAt: isoTime(started), unlockedAt: locked ? null : isoTime(unlocked) }
}
