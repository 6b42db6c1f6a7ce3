// `sgetctl mount add` and `rm`: one table of the config's draft, which is then put in force like any other change.
import { difference, mountKeys, withMount, withoutMount, type TableEntry } from '@sget/policy'
import { documentBytesMax, Refusal } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import { faultsOf } from './document.ts'
import { checked, putInForce } from './documents.ts'
import { draftPath, replaceDraft } from './drafts.ts'
import { hiddenLines } from './hidden.ts'
import type { Answer } from './terminal.ts'

/** What a mount is to be. `target`: an address, or the program of the type exec. */
export interface Wanted {
  readonly at: string
  readonly type: string
  readonly target: string
  /** Its further keys, as config.toml names them. */
  readonly settings: readonly (readonly [key: string, value: string])[]
  /** NAME=/POINTER, each. */
  readonly fields: readonly string[]
}

/** How far a change goes. */
export interface Going {
  /** No further than the draft. */
  readonly draft: boolean
  /** Secrets may be hidden unasked. */
  readonly force: boolean
}

/** Mounts a vault. */
export function add(context: Context, wanted: Wanted, going: Going): Promise<Answer> {
  const draft = checked(context, 'config')
  return change(context, { draft, changed: withMount(draft, entriesOf(wanted)) }, going)
}

/** Takes a vault away. */
export function rm(context: Context, at: string, draftOnly: boolean): Promise<Answer> {
  const draft = checked(context, 'config')
  const changed = withoutMount(draft, at)
  if (changed === undefined)
    throw new Refusal(
      'usage',
      `${draftPath(context, 'config')} has no [[mount]] with at = ${JSON.stringify(at)}`,
    )
  return change(context, { draft, changed }, { draft: draftOnly, force: false })
}

/** A draft as it is, and as it is to be. */
interface Change {
  readonly draft: string
  readonly changed: string
}

async function change(
  context: Context,
  { draft, changed }: Change,
  { draft: isEnough, force }: Going,
): Promise<Answer> {
  const fault = faultIn(changed)
  if (fault !== undefined) throw new Refusal('document-invalid', `${fault}, in the config as it would be`)
  const path = draftPath(context, 'config')
  const write = (): void => replaceDraft(path, context.uid, { from: draft, to: changed })
  if (isEnough) {
    write()
    return leftToApply(context, path, difference(draft, changed))
  }
  return putInForce(context, 'config', changed, async (session, inForce) => {
    if (!force) await agree(context, await hiddenLines(session, inForce, changed))
    write()
    context.terminal.tell(`wrote ${path}, where it stays if it is not put in force now`)
  })
}

function faultIn(config: string): string | undefined {
  if (Buffer.byteLength(config) > documentBytesMax) return `more than ${documentBytesMax / 1024} KiB`
  return faultsOf('config', config)[0]
}

function leftToApply(context: Context, path: string, lines: readonly string[]): Answer {
  const next = `wrote ${path}; to put it in force: ${commandLine(context, 'sgetctl', 'config apply')}`
  return { json: { document: 'config', applied: false, path, difference: lines }, lines: [...lines, next] }
}

/** Nothing is hidden silently. */
async function agree({ terminal }: Context, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return
  for (const line of lines) terminal.tell(line)
  const answer = await terminal.ask('mount it over them? [y/N] ')
  if (answer === undefined) throw new Refusal('usage', 'there is no terminal to ask on: --force')
  if (!/^y(es)?$/i.test(answer)) throw new Refusal('approval-denied')
}

function entriesOf({ at, type, target, settings, fields }: Wanted): readonly TableEntry[] {
  const targetKey = mountKeys.get(type)?.includes('command') === true ? 'command' : 'url'
  const pointers: TableEntry[] = fields.length === 0 ? [] : [['fields', fields.map(pointerOf)]]
  return [['at', at], ['type', type], [targetKey, target], ...settings, ...pointers]
}

/** A name may hold `=`, a pointer begins with `/`. */
function pointerOf(field: string): readonly [string, string] {
  const equals = field.indexOf('=/')
  if (equals < 1) throw new Refusal('usage', `--field wants NAME=/POINTER, not ${field}`)
  return [field.slice(0, equals), field.slice(equals + 1)]
}
