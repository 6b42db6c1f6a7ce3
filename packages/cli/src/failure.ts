// Failures as a human reads them: what was tried, what stopped it, what to do. As `sget` words them.
import { AuditFailure } from '@sget/audit'
import { failureHint, failures, failureText, Refusal, type FailureName } from '@sget/wire'
import type { Answer } from './terminal.ts'

/** A failure, told to people and to programs; the answer's lines are for standard error. */
export interface Explained extends Answer {
  readonly status: number
}

/** What the command was to do, once that is known: "remove db/prod". */
type Tried = string | undefined

/**
 * Explains what a command threw. A bug stays a bug: it is thrown again.
 *
 * @param home the folder given with `--home`
 */
export function explain(error: unknown, tried: Tried, home: string | undefined): Explained {
  if (error instanceof Refusal) return row(error.failure, error.argument, tried, home)
  if (error instanceof AuditFailure) return told('audit-failed', error.message, '', tried)
  throw error
}

function row(failure: FailureName, argument: string, tried: Tried, home: string | undefined): Explained {
  const hint = failure === 'usage' ? 'see sgetctl --help' : failureHint(failure, argument)
  const where =
    home !== undefined && failure !== 'usage' && hint.includes('sget') ? ` (with --home ${home})` : ''
  return told(failure, failureText(failure, argument), hint + where, tried)
}

function told(failure: FailureName, text: string, hint: string, tried: Tried): Explained {
  const trial = tried === undefined ? '' : `cannot ${tried}: `
  return {
    json: { failure, tried: tried ?? null, text, hint },
    lines: [`sgetctl: ${trial}${text}`, ...(hint === '' ? [] : [`    ${hint}`])],
    status: failures[failure].exit,
  }
}
