// `sgetctl policy …` and `sgetctl config …`: the drafts that people edit, and what is in force, sealed in the vault.
import { difference } from '@sget/policy'
import { failures, Refusal, type Body } from '@sget/wire'
import { commandLine, type Context } from './context.ts'
import { faultsOf, type DocumentName } from './document.ts'
import { draftPath, readDraft } from './drafts.ts'
import { withDaemon, type Session } from './session.ts'
import type { Answer } from './terminal.ts'

/** Reads the draft as sgetd would, without sgetd. Its faults are an answer with a status of their own. */
export function check(context: Context, name: DocumentName): Promise<Answer> {
  const path = draftPath(context, name)
  const faults = faultsOf(name, readDraft(path, context.uid))
  return Promise.resolve({
    json: { document: name, path, faults },
    lines: faults.length === 0 ? [`${path} is valid`] : faults,
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
export async function apply(context: Context, name: DocumentName): Promise<Answer> {
  const draft = checked(context, name)
  return withDaemon(context, async (session) => {
    const before = await inForce(session, name)
    const lines = difference(before.content, draft)
    if (lines.length === 0) return unchanged(name, before.generation)
    for (const line of lines) context.terminal.tell(line)
    await session.ask('stage', { name, content: draft }, 'done')
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
function checked(context: Context, name: DocumentName): string {
  const draft = readDraft(draftPath(context, name), context.uid)
  const faults = faultsOf(name, draft)
  const more =
    faults.length > 1
      ? ` (and ${faults.length - 1} more: ${commandLine(context, 'sgetctl', `${name} check`)})`
      : ''
  if (faults[0] !== undefined) throw new Refusal('document-invalid', faults[0] + more)
  return draft
}

function inForce(session: Session, name: DocumentName): Promise<Body<'documentText'>> {
  return session.ask('document', { name }, 'documentText')
}
