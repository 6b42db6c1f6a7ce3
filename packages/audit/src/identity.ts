// Which log a record is of: one name for the whole chain, by which a journal that several logs use tells them apart.
import { type Line } from './line.ts'

/** So much of a tag, in hex, is the name of a log. */
export const identityBytes = 8

const identityPattern = /^[0-9a-f]{16}$/

/** The name of a log, from the first record of any of its files: the tag of its very first one, in short. */
export function identityOf({ record, tag }: Line): string {
  const carried = record['log']
  if (record.event === 'carried-on' && typeof carried === 'string' && identityPattern.test(carried))
    return carried
  return tag.toString('hex', 0, identityBytes)
}
