// Which kinds of vault there are: one line a kind. The name is what a mount of the config says as its `type`.
import { bridge } from './bridge.ts'
import { openbao } from './openbao/openbao.ts'
import type { Remote } from './remote.ts'

/** The kinds by their names. */
export type Kinds = ReadonlyMap<string, Remote>

/** Those that are built in. */
export const kinds: Kinds = new Map<string, Remote>([
  ['openbao', openbao],
  ['http', bridge],
])
