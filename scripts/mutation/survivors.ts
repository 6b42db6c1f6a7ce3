// The mutants that are known to survive, each with the reason why that is no hole in the tests.
import { readFileSync } from 'node:fs'
import { type Mutant } from './mutants.ts'

/** A mutant's place and change, which stay when other lines of the file move. */
export type Change = Pick<Mutant, 'path' | 'within' | 'before' | 'after'>

export interface Survivor extends Change {
  readonly why: string
}

/**
 * Reads the list: blocks with blank lines between, each of four lines `PATH: WITHIN`, `- BEFORE`, `+ AFTER` and
 * `why: REASON`. Lines with `#` first are remarks.
 */
export function readSurvivors(path: string): Survivor[] {
  const text = readFileSync(path, 'utf8').replace(/^#.*\n/gm, '')
  return text
    .trim()
    .split(/\n\s*\n/)
    .filter((block) => block !== '')
    .map(survivorOf)
}

function survivorOf(block: string): Survivor {
  const found = /^(\S+): (\S*)\n- (.*)\n\+ ?(.*)\nwhy: (.+)$/.exec(block)
  if (found === null) throw new Error(`malformed survivor:\n${block}`)
  const [, path = '', within = '', before = '', after = '', why = ''] = found
  return { path, within, before, after, why }
}

/** The block of a mutant that the list does not have yet. */
export function blockOf({ path, within, before, after }: Change): string {
  return `${path}: ${within}\n- ${before}\n+ ${after}\nwhy: `
}

export function sameChange(one: Change, other: Change): boolean {
  return blockOf(one) === blockOf(other)
}
