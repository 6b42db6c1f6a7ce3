// What a vault can refuse, and by which name a caller branches on it.

/**
 * About a secret:
 * - `not-found`: no secret has this path
 * - `no-field`: the secret is there, the field is not
 * - `which-field`: no field was named, and none is the obvious one (`fields` has the names)
 * - `exists`: replacing was not asked for
 * - `no-room`: the value does not fit into the buffer that was given
 * - `too-large`: the value is over `valueBytesMax`
 * - `too-many-fields`: the secret would have more than `fieldsMax`
 *
 * About the vault:
 * - `locked`: closed, or not opened yet
 * - `busy`: too many changes wait, or somebody else holds the lock; ask again
 * - `full`: no space in it, or on the disk
 * - `wrong-passphrase`: it is a vault, and this is not its passphrase
 * - `absent`: there is none
 * - `damaged`: there is one, and it is not as it was written; the previous generation may be
 * - `newer`: a later version of the program wrote it
 * - `unsafe`: others may read or replace it (owner, mode, symbolic link)
 * - `moved`: somebody else changed it since it was opened; nothing was written
 * - `unreadable`, `unwritable`: the system refused
 * - `unreachable`: it is on the network, and does not answer now
 */
export type BackendCode =
  | 'not-found'
  | 'no-field'
  | 'which-field'
  | 'exists'
  | 'no-room'
  | 'too-large'
  | 'too-many-fields'
  | 'locked'
  | 'busy'
  | 'full'
  | 'wrong-passphrase'
  | 'absent'
  | 'damaged'
  | 'newer'
  | 'unsafe'
  | 'moved'
  | 'unreadable'
  | 'unwritable'
  | 'unreachable'

/** The expected failures of every backend. The message says what was tried, never a value. */
export class BackendFailure extends Error {
  override readonly name = 'BackendFailure'
  readonly code: BackendCode
  /** The names to choose from, with `which-field`. */
  readonly fields: readonly string[]

  constructor(code: BackendCode, message: string, fields: readonly string[] = []) {
    super(message)
    this.code = code
    this.fields = fields
  }
}
