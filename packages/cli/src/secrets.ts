// `sgetctl ls`, `show`, `rm`, `rotate`, `generate` and `lock`: secrets by name. No value passes through here.
import { parseRef, Refusal, type Body } from '@sget/wire'
import type { Context } from './context.ts'
import { table } from './printable.ts'
import { withDaemon, type Session } from './session.ts'
import type { Answer } from './terminal.ts'
import { isoTime, readableTime } from './time.ts'

type Entry = Body<'entries'>['entries'][number]

/** Pages of names that one listing reads, of up to 256 each. */
const pagesMax = 1024

/** Of what a generated value may be made, as sgetd has it; the first is the usual one. */
export const alphabets = ['letters', 'hex', 'digits', 'symbols'] as const

/** How long a generated value may be, as sgetd has it. */
export const charactersMin = 8
export const charactersMax = 1024
export const charactersUsual = 32

/** How long sgetd may take to log in at a vault and have it change a secret there: two jobs of its courier, and some. */
const rotationMs = 90_000

/** What `generate` may be told. */
export interface Generation {
  readonly characters: number
  readonly alphabet: string
  readonly replace: boolean
}

/** Names, fields and ages of the secrets whose path matches. */
export async function ls(context: Context, pattern: string): Promise<Answer> {
  const entries = await withDaemon(context, (session) => allEntries(session, pattern))
  const rows = entries.map(({ path, fields, changed }) => [path, words(fields), readableTime(changed)])
  const none = pattern === '' ? 'no secrets yet' : 'no secret matches'
  return {
    json: { secrets: entries.map(shape) },
    lines: rows.length === 0 ? [none] : table(['PATH', 'FIELDS', 'CHANGED'], rows),
  }
}

/** What is known of one secret, and what the policy says of it. */
export async function show(context: Context, ref: string): Promise<Answer> {
  checkRef(ref)
  const found = await withDaemon(context, (session) => session.ask('describe', { ref }, 'description'))
  return {
    json: {
      ...found,
      exposures: found.exposures.split(' '),
      commands: linesOf(found.commands),
      created: isoTime(found.created),
      changed: isoTime(found.changed),
      fields: found.fields.map((field) => ({
        ...field,
        created: isoTime(field.created),
        changed: isoTime(field.changed),
      })),
    },
    lines: [
      found.path,
      `created    ${readableTime(found.created)}`,
      `changed    ${readableTime(found.changed)}`,
      `rule       ${found.rule}`,
      `exposures  ${found.exposures}`,
      `approval   ${found.approval}`,
      ...linesOf(found.commands).map((line) => `command    ${line}`),
      ...(found.demand === '' ? [] : [`sign-in    ${found.demand}`]),
      ...table(
        ['FIELD', 'CHANGED'],
        found.fields.map(({ name, changed }) => [name, readableTime(changed)]),
      ),
    ],
  }
}

/** Removes a secret, or one field of it. */
export async function rm(context: Context, ref: string): Promise<Answer> {
  checkRef(ref)
  await withDaemon(context, (session) => session.ask('remove', { ref }, 'done'))
  return { json: { removed: ref }, lines: [`removed ${ref}`] }
}

/** Has the vault on the network that a secret lies in change it: nobody sees the new value. */
export async function rotate(context: Context, ref: string): Promise<Answer> {
  checkRef(ref)
  await withDaemon(context, (session) => session.ask('rotate', { ref }, 'done', rotationMs))
  return { json: { rotated: ref }, lines: [`rotated ${ref}`] }
}

/** Has sgetd put a random value straight into the vault: nobody ever sees it. */
export async function generate(context: Context, ref: string, generation: Generation): Promise<Answer> {
  checkRef(ref)
  await withDaemon(context, (session) => session.ask('generate', { ref, ...generation }, 'done'))
  return { json: { generated: ref }, lines: [`generated ${ref}`] }
}

/** Locks the vault: from here on nothing is served. */
export async function lock(context: Context): Promise<Answer> {
  await withDaemon(context, (session) => session.ask('lock', {}, 'done'))
  return { json: { locked: true }, lines: ['locked'] }
}

/** Every secret whose path matches, of so many pages. */
export async function allEntries(session: Session, pattern: string): Promise<Entry[]> {
  const all: Entry[] = []
  for (let page = 0; page < pagesMax; page++) {
    const after = all.at(-1)?.path ?? ''
    const { entries, more } = await session.ask('list', { pattern, after }, 'entries')
    all.push(...entries)
    if (!more || entries.length === 0) break
  }
  return all
}

function checkRef(ref: string): void {
  if (parseRef(ref) === undefined) throw new Refusal('bad-ref', ref)
}

function shape({ path, fields, created, changed }: Entry): object {
  return { path, fields: fields.split('\n'), created: isoTime(created), changed: isoTime(changed) }
}

function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '')
}

function words(fields: string): string {
  return fields.split('\n').join(' ')
}
