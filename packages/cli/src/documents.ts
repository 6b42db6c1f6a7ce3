// `sgetctl policy …` and `sgetctl config …`: the drafts that people edit, and what is in force, sealed in the vault.
import { difference } from '@sget/policy'
import { failures, Refusal, type Body } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import { faultsOf, warningsOf, type DocumentName } from './document.ts'
import { draftPath, readDraft } from './drafts.ts'
import { hiddenLines } from './hidden.ts'
import { withDaemon, type Session } from './session.ts'
import type { Answer } from './terminal.ts'

/** Reads the draft as sgetd would, without sgetd. Its faults are an answer with a status of their own. */
export function check(context: Context, name: DocumentName): Promise<Answer> {
  const path = draftPath(context, name)
  const draft = readDraft(path, context.uid)
  const faults = faultsOf(name, draft)
  const warnings = name === 'policy' ? warningsFor(context, draft) : []
  return Promise.resolve({
    json: { document: name, path, faults, warnings },
    lines: faults.length === 0 ? [`${path} is valid`, ...warnings.map((line) => `warning: ${line}`)] : faults,
    status: faults.length === 0 ? 0 : failures['document-invalid'].exit,
  })
}

/** What is in force. */
export async function show(context: Context, name: DocumentName): Promise<Answer> {
  const { content, generation } = await withDaemon(context, (session) => inForce(session, name))
  return { json: { document: name, generation, content }, lines: content.replace(/\n$/, '').split('\n') }
}

/** What would change if the draft were applied. */
export async function diff(context: Context, name: DocumentName): Promise<Answer> {
  const draft = readDraft(draftPath(context, name), context.uid)
  const { content, generation } = await withDaemon(context, (session) => inForce(session, name))
  const lines = difference(content, draft)
  const none = `the draft is what is in force (generation ${generation})`
  return {
    json: { document: name, generation, difference: lines },
    lines: lines.length === 0 ? [none] : lines,
  }
}

/** Shows what would change, and puts exactly that in force when a human has proved to be one. */
export function apply(context: Context, name: DocumentName): Promise<Answer> {
  const draft = checked(context, name)
  return putInForce(context, name, draft, async (session, before) => {
    const hidden = name === 'config' ? await hiddenLines(session, before, draft) : []
    for (const line of hidden) context.terminal.tell(line)
  })
}

/**
 * The same for any text.
 *
 * @param beforehand what is still to be said or done once the difference is shown; it may throw
 */
export async function putInForce(
  context: Context,
  name: DocumentName,
  content: string,
  beforehand: (session: Session, inForce: string) => Promise<void>,
): Promise<Answer> {
  return withDaemon(context, async (session) => {
    const before = await inForce(session, name)
    const lines = difference(before.content, content)
    for (const line of lines) context.terminal.tell(line)
    await beforehand(session, before.content)
    if (lines.length === 0) return unchanged(name, before.generation)
    await session.ask('stage', { name, content }, 'done')
    const { generation } = await inForce(session, name)
    return {
      json: { document: name, applied: true, generation },
      lines: [`${name}: generation ${generation} is in force`],
    }
  })
}

function unchanged(name: DocumentName, generation: number): Answer {
  return {
    json: { document: name, applied: false, generation },
    lines: [`nothing to apply: the draft is what is in force (generation ${generation})`],
  }
}

/** The draft, when it says nothing wrong. Throws the Refusal that sgetd would answer with otherwise. */
export function checked(context: Context, name: DocumentName): string {
  const draft = readDraft(draftPath(context, name), context.uid)
  const faults = faultsOf(name, draft)
  const more =
    faults.length > 1
      ? ` (and ${faults.length - 1} more: ${commandLine(context, 'sgetctl', `${name} check`)})`
      : ''
  if (faults[0] !== undefined) throw new Refusal('document-invalid', faults[0] + more)
  return draft
}

/** What a config that cannot be read says is for `config check`. */
function warningsFor(context: Context, policy: string): readonly string[] {
  try {
    return warningsOf(policy, readDraft(draftPath(context, 'config'), context.uid))
  } catch (error) {
    if (error instanceof Refusal) return []
    throw error
  }
}

function inForce(session: Session, name: DocumentName): Promise<Body<'documentText'>> {
  return session.ask('document', { name }, 'documentText')
}
