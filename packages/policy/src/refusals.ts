// Every way to be refused, by the name that code and audit use. What a peer is told stands in the wire's table.

/** `alarm`: a human should look, as somebody uses a handle that was made for others or for something else. */
const row = (means: string, alarm = false) => ({ means, alarm })

export const refusals = {
  denied: row('the rules give this caller nothing of the secret'),
  'run-only': row('the rules give the secret to sget run only'),
  'read-only': row('the rules do not give the secret to sget run'),
  'command-refused': row('the rules give the secret to another command line only'),
  'unmasked-refused': row('the rules give the secret to sget run only, where the output is masked'),
  'not-attested': row('the rules give the secret to the attested sget only'),
  'agent-forbidden': row('an agent may not write here'),
  'handle-needed': row('a human must allow it first, so an agent needs a handle'),
  'reason-required': row('the rules want to know what for'),
  'too-many-grants': row('the session has as many live grants as it may'),
  'sign-ins-differ': row('the rules demand ways of signing in of which one human can have one only'),

  'sink-agent': row('the agent, or what stands above it, would read the value'),
  'sink-file': row('the value would be written to a file'),
  'sink-terminal': row('the value would be shown'),
  'sink-pipe': row('the rules do not give the secret to a pipe'),
  'sink-helper': row('the rules do not give the secret to a credential helper'),
  'sink-unknown': row('it is not known, or a socket, where the value would land'),

  'grant-unknown': row('no grant has this id'),
  'grant-forged': row('the grant has another secret', true),
  'grant-foreign': row('the grant is of another process tree or session', true),
  'grant-stale': row('a process on the way here is older than the grant', true),
  'grant-field': row('the grant is not for this secret and field', true),
  'grant-spent': row('the grant was used already', true),
  'grant-expired': row('the time of the grant is over', true),
  'grant-revoked': row('the grant was taken back', true),

  'approval-denied': row('a human refused it'),
  'approval-expired': row('nobody answered in time'),
  'needs-proof': row('a click does not do: this must be proved'),
  'not-asked': row('the question was answered before'),
} as const

export type RefusalCode = keyof typeof refusals

/** Whether a human should look. */
export function alarms(code: RefusalCode): boolean {
  return refusals[code].alarm
}
