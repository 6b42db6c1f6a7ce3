// What a permission lacks for a use, for whoever has no proof to give instead.
import { isPinned } from './command.ts'
import { type Exposure, type Permission, isRunOnly } from './permission.ts'
import { type RefusalCode } from './refusals.ts'
import { type Use, missing } from './sink.ts'

/**
 * How rules with this permission refuse the use, if they do.
 *
 * @param isGenuine the peer is the attested sget, or there is none here that could be told from others
 */
export function lackingFor(
  use: Use,
  exposure: Exposure,
  permission: Permission,
  isGenuine: boolean,
): RefusalCode | undefined {
  if (!permission.exposures.includes(exposure)) return missing(exposure, permission.exposures)
  if (use.purpose !== 'run') return undefined
  // `run --no-mask -- env` prints the value, and so may any program that is not sget: both are to read it.
  if (isRunOnly(permission)) {
    if (!use.masked) return 'unmasked-refused'
    if (!isGenuine) return 'not-attested'
  }
  return permission.commands.every((pin) => isPinned(pin, use.line)) ? undefined : 'command-refused'
}
