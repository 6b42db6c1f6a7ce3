// Which field is meant when a reference names none.
import { type Description } from './backend.ts'
import { BackendFailure } from './failure.ts'

/** The field that a reference means when it names none, if the secret has it. */
const usualField = 'password'

/**
 * The field that is meant: the one that was named, else `password`, else the only one.
 *
 * @throws BackendFailure `no-field` (named, and not there), `which-field` (with the names)
 */
export function chooseField({ path, fields }: Description, named?: string): string {
  const names = fields.map(({ name }) => name)
  const wanted = named ?? usualField
  if (names.includes(wanted)) return wanted
  if (named !== undefined) throw new BackendFailure('no-field', `${path} has no field ${named}`)
  const [only] = names
  if (only !== undefined && names.length === 1) return only
  throw new BackendFailure('which-field', `${path} has several fields`, names)
}
