// `sgetctl init`: first drafts of policy and config, then a vault, whose passphrase sget asks for.
import { lstatSync } from 'node:fs'
import { commandLine, type Context } from './context.ts'
import { documentNames, firstDrafts, type DocumentName } from './document.ts'
import { draftPath, writeFirstDraft } from './drafts.ts'
import { Ended, handOver } from './handover.ts'
import type { Answer } from './terminal.ts'

interface WrittenDraft {
  readonly path: string
  readonly written: boolean
}

/** Makes what is missing and leaves alone what is there. */
export async function init(context: Context): Promise<Answer> {
  const drafts = documentNames.map((name) => draft(context, name))
  for (const { path, written } of drafts)
    context.terminal.tell(written ? `wrote ${path}` : `kept ${path}, which was there`)
  const existed = lstatSync(context.paths.vault, { throwIfNoEntry: false }) !== undefined
  if (!existed) await createVault(context)
  return {
    json: { drafts, vault: { path: context.paths.vault, created: !existed } },
    lines: existed ? alreadyThere(context) : nextSteps(context),
  }
}

function draft(context: Context, name: DocumentName): WrittenDraft {
  const path = draftPath(context, name)
  return { path, written: writeFirstDraft(path, context.uid, firstDrafts[name]) }
}

async function createVault(context: Context): Promise<void> {
  const status = await handOver(context, ['unlock', '--new']).ended
  if (status !== 0) throw new Ended(status)
}

function alreadyThere(context: Context): string[] {
  return [
    `kept the vault ${context.paths.vault}, which was there`,
    `next: ${commandLine(context, 'sgetctl', 'status')}`,
  ]
}

function nextSteps(context: Context): string[] {
  return [
    `the vault is ${context.paths.vault}, open; there is no recovery of a forgotten passphrase`,
    `next: ${commandLine(context, 'sget', 'put db/prod')}`,
  ]
}
