// Users for tests that root runs: the ordinary one whose instance it is, and a stranger.
import { execFileSync } from 'node:child_process'

/** The uid of the user that scripts/test makes. */
export function testUser(): number {
  return Number(execFileSync('/usr/bin/id', ['-u', 'sget-test'], { encoding: 'utf8' }))
}

/** The uid of a user who has nothing to do with the instance. */
export const stranger = 65534
