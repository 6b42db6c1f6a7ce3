// Sets the clocks of an instance whose sgetd is jumping-program.ts; nothing touches those of the machine.
import { renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Instance } from './instance.ts'

/** How far a clock is from the machine's, in milliseconds. */
export interface Jump {
  readonly bootMs: number
  readonly wallMs: number
}

const hourMs = 60 * 60_000

/** All that may happen to clocks while a lifetime of less than an hour runs, and must end it. */
export const jumps: Readonly<Record<string, Jump>> = {
  'the machine sleeps for an hour': { bootMs: hourMs, wallMs: hourMs },
  'it sleeps, and then its clock is set back to before': { bootMs: hourMs, wallMs: -hourMs },
  'its clock is set forward by an hour': { bootMs: 0, wallMs: hourMs },
}

/** From now on, until another jump. */
export function jump({ home }: Instance, to: Jump): void {
  writeFileSync(join(home, 'jump.new'), JSON.stringify(to), { mode: 0o644 })
  renameSync(join(home, 'jump.new'), join(home, 'jump'))
}

/** The clocks are the machine's again. */
export function land(instance: Instance): void {
  jump(instance, { bootMs: 0, wallMs: 0 })
}
