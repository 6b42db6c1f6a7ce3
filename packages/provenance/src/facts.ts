// What this package asks of the machine: the one place where provenance touches it.
import * as native from '@sget/native'

/** Reads facts of processes, as @sget/native documents them. Tests of the logic give their own. */
export type Facts = Pick<
  typeof native,
  | 'ancestor'
  | 'children'
  | 'closeDescriptor'
  | 'credentials'
  | 'executable'
  | 'guard'
  | 'openFile'
  | 'readers'
  | 'script'
  | 'state'
  | 'tracer'
  | 'unchanged'
  | 'watch'
>

/** The facts of this machine. */
export const machine: Facts = native
