// What a mount hides: secrets of the embedded vault whose names begin where it lies, and which nobody gets then.
import { readConfig } from '@sget/policy'
import { isSafeVariable } from '@sget/wire'
import { allEntries } from './secrets.ts'
import type { Session } from './session.ts'

/** Secrets that are named; of further ones only the number is told. */
const namedMax = 10

/** One line for each mount that the one config has and the other had not, and that hides something; none where none does. */
export async function hiddenLines(
  session: Session,
  before: string,
  after: string,
): Promise<readonly string[]> {
  const old = placesIn(before)
  const fresh = placesIn(after).filter((place) => !old.includes(place))
  const lines: string[] = []
  for (const place of fresh) {
    const paths = await hiddenBy(session, place)
    if (paths.length > 0) lines.push(told(place, paths))
  }
  return lines
}

function placesIn(config: string): readonly string[] {
  const reading = readConfig(config, isSafeVariable)
  return reading.ok ? reading.value.mounts.map(({ at }) => at) : []
}

async function hiddenBy(session: Session, place: string): Promise<readonly string[]> {
  const entries = await allEntries(session, patternOver(place))
  return entries.map(({ path }) => path).filter((path) => path === place || path.startsWith(`${place}/`))
}

/** A pattern that matches all names below a place, and maybe others: what a pattern has a meaning for, `?` stands for. */
function patternOver(place: string): string {
  return `${place.replace(/[[\]{}\\*?+@!(]/g, '?')}/**`
}

function told(place: string, paths: readonly string[]): string {
  const others = paths.length > namedMax ? ` and ${paths.length - namedMax} more` : ''
  const names = paths.slice(0, namedMax).join(', ') + others
  return `a mount at ${place} hides what the embedded vault has there: ${names}`
}
