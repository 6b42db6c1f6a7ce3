// The one table of what a human must do before something happens.
import { type Approval } from './permission.ts'

/** `ack`: a click or a key, which an agent's program can fake. `proof`: what the uid does not hold. */
export const levels = ['none', 'ack', 'proof'] as const
export type Level = (typeof levels)[number]

/** By operation. Approving is one, by what the rule says: the answer to `always` is a proof as well. */
export const operations = {
  'approve-never': 'none',
  'approve-once': 'ack',
  'approve-always': 'proof',
  'approve-proof': 'proof',
  reveal: 'proof',
  put: 'none',
  generate: 'none',
  replace: 'proof',
  remove: 'proof',
  'policy-apply': 'proof',
  'config-apply': 'proof',
  'mount-add': 'proof',
  'agents-install': 'proof',
  'service-install': 'proof',
  'audit-key': 'proof',
  'passphrase-change': 'proof',
  lock: 'none',
  deny: 'none',
  revoke: 'none',
} as const satisfies Record<`approve-${Approval}`, Level> & Record<string, Level>

export type Operation = keyof typeof operations

export function needsProof(operation: Operation): boolean {
  return operations[operation] === 'proof'
}

/** What answers a question that a rule with this approval asks. */
export function levelOf(approval: Approval): Level {
  return operations[`approve-${approval}`]
}

/** The higher of both. */
export function higher(one: Level, other: Level): Level {
  return levels.indexOf(one) > levels.indexOf(other) ? one : other
}
