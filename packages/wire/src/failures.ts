// The failure table: what can go wrong that is nobody's bug. Only the number and one argument cross the socket;
// the program that prints looks up the text and the hint. packages/sget/src/failures.c holds the same rows.

/** One row: the exit status of `sget` (64–113), what stopped it, and what the reader can do next. */
export interface FailureRow {
  readonly number: number
  readonly exit: number
  /** `{}` stands for the argument, which is never more than the peer itself sent or may know. */
  readonly text: string
  readonly hint: string
}

const row = (number: number, exit: number, text: string, hint: string): FailureRow => ({
  number,
  exit,
  text,
  hint,
})

/** What was typed · protocol · no daemon · forbidden by the system · locked · denied · field · handle · sink · … */
export const failures = {
  usage: row(1, 64, 'the command line is not understood: {}', 'see sget --help'),
  'bad-ref': row(
    2,
    64,
    'not a reference to a secret: {}',
    'write PATH or PATH#FIELD, for example db/prod#password',
  ),
  'bad-variable': row(
    3,
    64,
    '{} cannot be the name of a variable for a secret',
    'choose another name: letters, digits and _, and none that a shell, loader or interpreter obeys',
  ),

  'bad-message': row(
    4,
    65,
    'the other side sent bytes that are no message of the protocol',
    'restart the daemon: sgetctl lock, end sgetd, then sget unlock',
  ),
  'version-mismatch': row(
    5,
    65,
    'this program and the running sgetd are of different versions ({})',
    'end the running sgetd (its pid is in sgetctl status of its own version), then sget unlock starts the new one',
  ),
  'wrong-sender': row(
    6,
    65,
    'this kind of connection may not ask for that',
    'run the command in a terminal of your own, outside the agent',
  ),

  'no-daemon': row(
    7,
    66,
    'no sgetd is running',
    'you, in a terminal of your own: sget unlock (the first time: sgetctl init)',
  ),
  'daemon-gone': row(
    8,
    66,
    'sgetd has ended and left its socket behind',
    'you, in a terminal of your own: sget unlock',
  ),
  'connection-lost': row(
    9,
    66,
    'sgetd ended the connection before it answered',
    'try again; sgetctl status says whether it runs',
  ),

  'socket-forbidden': row(
    10,
    67,
    'this user may not open the socket of sgetd',
    'run the command as the user who runs sgetd',
  ),
  sandboxed: row(
    11,
    67,
    'a sandbox forbids this process to connect to a Unix socket',
    'run the command outside the sandbox, or allow the sandbox Unix sockets',
  ),
  'foreign-daemon': row(
    12,
    67,
    'the socket is served by another user, so nothing was sent',
    'find out who placed a socket there: {}',
  ),
  'socket-path-too-long': row(
    13,
    67,
    'the path of the socket is longer than the 107 bytes that the system allows: {}',
    'choose a shorter folder for --home',
  ),

  locked: row(14, 68, 'the vault is locked', 'you, in a terminal of your own: sget unlock'),
  'no-vault': row(15, 68, 'there is no vault yet', 'you, in a terminal of your own: sgetctl init'),
  'vault-exists': row(16, 68, 'there is a vault already', 'open it: sget unlock'),

  denied: row(
    17,
    69,
    'no such secret, or the policy does not give it to this caller',
    'sgetctl ls shows what there is; sgetctl show REF tells which rule applies',
  ),
  'which-field': row(18, 70, 'the secret has several fields and none is called password', 'name one: {}'),

  'grant-unknown': row(19, 71, 'the handle is not one of this daemon', 'ask for a new one'),
  'grant-spent': row(20, 71, 'the handle was used already', 'ask for a new one: a handle serves once'),
  'grant-expired': row(21, 71, 'the handle has expired', 'ask for a new one and use it at once'),
  'grant-revoked': row(22, 71, 'the handle was revoked', 'ask for a new one'),
  'grant-foreign': row(
    23,
    71,
    'the handle belongs to another process tree',
    'only the agent that asked for a handle, and what it starts, can use it',
  ),
  'grant-stale': row(
    24,
    71,
    'a process on the way here is older than the handle',
    'start the command anew from the agent',
  ),
  'grant-field': row(25, 71, 'the handle is not for that secret and field', 'ask for one that is'),

  'sink-agent': row(
    26,
    72,
    'the value would land in the agent itself',
    'use the script or the run line that get_secret_environment_variable returns',
  ),
  'sink-file': row(
    27,
    72,
    'would write the value to {}',
    'no file is needed: sget run -e NAME=REF -- COMMAND',
  ),
  'sink-terminal': row(28, 72, 'it would show on the terminal', 'to see it all the same: sget --reveal REF'),
  'sink-pipe': row(
    29,
    72,
    'the policy does not give this secret to a pipe',
    'sget run -e NAME=REF -- COMMAND, or a rule with exposure "pipe"',
  ),
  'sink-helper': row(
    30,
    72,
    'the policy does not give this secret to a credential helper',
    'a rule with exposure "helper" would',
  ),
  'sink-unknown': row(
    31,
    72,
    'cannot tell where the value would land',
    'X="$(sget REF)" in a shell, or sget run -e NAME=REF -- COMMAND',
  ),
  'run-only': row(32, 72, 'the policy gives this secret to sget run only', 'sget run -e NAME=REF -- COMMAND'),
  'read-only': row(33, 72, 'the policy does not give this secret to sget run', 'X="$(sget REF)" in a shell'),

  traced: row(
    34,
    73,
    'a debugger or tracer watches this process or its parent',
    'run the command without it',
  ),
  'foreign-namespace': row(
    35,
    73,
    'this process lives in a user namespace that is not the one of sgetd',
    'run the command outside the container or sandbox',
  ),
  'not-hardened': row(
    36,
    73,
    'the process that asked can still be read by its siblings',
    'use the sget that came with this sgetd',
  ),

  'needs-ack': row(37, 74, 'a human must allow this', 'you, in a terminal of your own: sgetctl approve {}'),
  'needs-proof': row(
    38,
    74,
    'a human must prove this with the passphrase',
    'you, in a terminal of your own: sget prove {}',
  ),
  'approval-denied': row(39, 74, 'a human refused this', 'ask the human why before you ask again'),
  'approval-expired': row(40, 74, 'nobody answered in time', 'ask again when a human is there'),
  'request-unknown': row(
    41,
    74,
    'no request waits under that name: {}',
    'sgetctl pending lists those that wait',
  ),
  'reason-required': row(
    42,
    74,
    'the policy wants a reason for this secret',
    'ask again and say what it is for',
  ),
  'not-human': row(
    43,
    74,
    'only a human in a terminal of their own may do this',
    'run it there, or prove yourself: --passphrase-fd N',
  ),
  'agent-forbidden': row(44, 74, 'an agent may not do this', 'the human can, in a terminal of their own'),

  busy: row(45, 75, 'too many requests at once', 'try again in a moment'),
  'too-many-grants': row(46, 75, 'this session has 32 live handles', 'use or clear some of them first'),
  'shutting-down': row(47, 75, 'sgetd is shutting down', 'try again; sget unlock starts a new one'),
  'too-slow': row(48, 75, 'the other side took too long', 'try again'),

  'passphrase-wrong': row(
    49,
    76,
    'the passphrase is wrong',
    'try again. If it is forgotten nobody can open the vault: restore a backup whose passphrase you know (sgetctl vault restore FILE), or sgetctl reset and store the secrets again',
  ),
  'passphrase-throttled': row(50, 76, 'too many wrong passphrases: wait {} seconds', 'then try again'),
  'passphrase-unavailable': row(
    51,
    76,
    'there is no terminal to ask for the passphrase on',
    'run it in a terminal, or give --passphrase-fd N',
  ),
  'passphrase-agent': row(
    52,
    76,
    'no passphrase is asked for where an agent can watch',
    'run it in a terminal of your own',
  ),
  'passphrase-empty': row(53, 76, 'the passphrase is empty', 'choose one of several words'),
  'passphrase-differs': row(54, 76, 'the two passphrases differ', 'try again'),

  exists: row(55, 77, 'there is a value already', 'to replace it: --replace'),
  'value-empty': row(56, 77, 'the value is empty', 'nothing was stored: give it on standard input'),
  'value-too-large': row(57, 77, 'the value is larger than 1 MiB', 'store a smaller one'),
  'value-newline': row(
    58,
    77,
    'the value ends in a newline, which $(…) would cut off',
    'sget run -e NAME=REF -- COMMAND keeps it',
  ),
  'value-nul': row(
    59,
    77,
    'the value holds a NUL byte, which no variable can',
    'give it to a program through a pipe, or store it encoded',
  ),
  'too-many-refs': row(60, 77, 'too many references in one request', 'ask for at most 32'),

  'vault-damaged': row(
    61,
    78,
    'the vault file is damaged',
    'the generation before is kept beside it: end sgetd, then copy {} over it',
  ),
  'vault-newer': row(
    62,
    78,
    'the vault was written by a newer sget',
    'use that version; the file is left as it is',
  ),
  'vault-full': row(63, 78, 'the vault is full', 'remove secrets that nobody needs: sgetctl rm REF'),
  'vault-unwritable': row(
    64,
    78,
    'the vault could not be written',
    'see that the disk has room and that the folder is yours: sgetctl status names it',
  ),
  'document-invalid': row(65, 78, '{}', 'correct the draft; what is in force stays in force'),
  'document-unknown': row(66, 78, 'there is no such document: {}', 'policy or config'),

  'audit-failed': row(
    67,
    79,
    'the audit record could not be written, so nothing was released',
    'see that the disk has room and that the audit folder is yours',
  ),

  internal: row(68, 80, 'sgetd met a fault of its own', 'its log tells more: sgetctl status names it'),
  'output-failed': row(
    69,
    81,
    'the value could not be written to standard output',
    'see that the reader is still there',
  ),
  'input-failed': row(70, 81, 'standard input could not be read', 'see that it is open'),
  'no-agent': row(
    71,
    74,
    'no agent stands behind this sget-mcp',
    'let the agent itself start it, as the README shows',
  ),
  'passphrase-short': row(72, 76, 'a new passphrase has 8 bytes or more', 'choose one of several words'),

  'vault-name': row(
    73,
    78,
    'that is not the name of this vault: {}',
    'sgetctl status shows it; nothing was changed',
  ),
  'backup-unreadable': row(
    74,
    78,
    'the backup cannot be read: {}',
    'give the path of a regular file that you may read; nothing was changed',
  ),
  'backup-damaged': row(75, 78, 'this is no whole vault: {}', 'take another copy; nothing was changed'),
  'backup-exists': row(
    76,
    78,
    'there is a file already: {}',
    'choose another name, or replace an older backup: --replace',
  ),
  'backup-unwritable': row(
    77,
    78,
    'the backup could not be written: {}',
    'give the path of a new file, not beside the vault, in a folder of yours that has room',
  ),
  'vault-in-place': row(
    78,
    78,
    'there is a vault already, so nothing was restored',
    'to move it aside and then restore: --move-aside',
  ),
  'name-not-typed': row(
    79,
    78,
    'the name of the vault was not typed',
    'run it in a terminal; in a script of your own: --yes NAME',
  ),
  'not-attested': row(
    80,
    74,
    'the policy gives this secret to the attested sget only',
    'run the sget that root installed with scripts/install --attested, outside sandboxes and debuggers',
  ),
  'attestation-unsound': row(
    81,
    74,
    'this sget is setgid, and sgetd does not take it for the attested one',
    'run sgetd from the same attested install as sget: its log says what is wrong with that',
  ),
  'service-unsupported': row(
    82,
    78,
    'there is no login agent here: {}',
    'sget unlock starts sgetd without one',
  ),
  'service-foreign': row(
    83,
    78,
    'the place of the login agent is taken: {}',
    'move it away; nothing was changed',
  ),
  'service-failed': row(
    84,
    78,
    'the login agent could not be set up: {}',
    'see sgetctl service status and sgetctl service logs; sgetctl service remove takes away what is there',
  ),
  'tries-unwritten': row(
    85,
    76,
    'the try could not be counted, so the passphrase was not looked at',
    'see that the disk has room and that the state folder is yours',
  ),
  'no-memory': row(
    86,
    75,
    'sgetd does not get the memory that this takes',
    'end other programs, or raise the limit that it was started under (ulimit -v), and try again',
  ),
  'plain-forbidden': row(
    87,
    69,
    'an env file may not set {}',
    'list its name under [run] plain in config.toml, or store the value: sget put',
  ),
  'command-refused': row(
    88,
    72,
    'the policy gives this secret to another command line only',
    'sgetctl show REF tells which',
  ),
  'unmasked-refused': row(
    89,
    72,
    'the policy gives this secret to a command only where what it prints is masked',
    'leave out --no-mask',
  ),
  'value-replaced': row(
    90,
    77,
    'the value has been replaced or removed since, so it cannot be looked for',
    'replace it at its source, and look through the history files yourself',
  ),
  'nothing-left': row(
    91,
    77,
    'this grant left nothing in a history file',
    'sgetctl grants shows what was found, and where',
  ),
  'sweep-failed': row(
    92,
    80,
    'the search for what was left behind did not come to its end',
    'try again; the log of sgetd tells more: sgetctl status names it',
  ),

  'vault-unreachable': row(
    93,
    83,
    'the vault cannot be reached over the network',
    'see that this machine is online, and that address, proxy and ca of its mount in config.toml are right',
  ),
  'vault-untrusted': row(
    94,
    83,
    'the vault could not prove who it is',
    'give the certificates of your organization in config.toml, or ask its keepers: never go on without',
  ),
  'vault-slow': row(
    95,
    83,
    'the vault took too long to answer',
    'try again; ask its keepers if that goes on',
  ),
  'vault-unreadable': row(
    96,
    83,
    'what answered is no vault of the kind that config.toml names',
    'see the address and type of its mount: a proxy or login page may stand in its place',
  ),
  'vault-address': row(
    97,
    83,
    'the address of the vault in config.toml may not be used',
    'write one that begins with https:// and needs no redirection to another host',
  ),
  'vault-forbidden': row(98, 83, 'the vault refuses this to your login', 'ask its keepers for the right'),
  'vault-expired': row(
    99,
    83,
    'your login at the vault is over',
    'you, in a terminal of your own: sgetctl login',
  ),
  'vault-sealed': row(
    100,
    83,
    'the vault on the network is sealed, so nobody can read from it',
    'its keepers have to unseal it',
  ),
  'vault-standby': row(
    101,
    83,
    'this server of the vault does not answer now',
    'try again, or name the server that is active in config.toml',
  ),
  'vault-limited': row(102, 83, 'the vault wants fewer requests', 'try again in a minute'),
  'vault-deleted': row(
    103,
    83,
    'the secret was deleted at its vault',
    'its keepers can bring it back there, or store a new version',
  ),
  'vault-unable': row(
    104,
    83,
    'this kind of vault or secret cannot do that',
    'do it with the tools of the vault itself',
  ),
  'vault-refused': row(
    105,
    83,
    'the vault refused, for a reason that sget does not know',
    'see what the log of the vault says',
  ),
  'courier-failed': row(
    106,
    83,
    'the part of sgetd that speaks to vaults on the network ended on the way',
    'try again; the log of sgetd tells more: sgetctl status names it',
  ),

  'sso-absent': row(
    107,
    84,
    'config.toml names no identity provider',
    'add [sso] with issuer and client_id to it, then sgetctl config apply',
  ),
  'sso-needed': row(
    108,
    84,
    'nobody is signed in at the identity provider',
    'you, in a terminal of your own: sgetctl login',
  ),
  'sso-refused': row(
    109,
    84,
    'the login was refused, by you or by the identity provider',
    'if that was no wish of yours, begin it again: sgetctl login, or of a vault sgetctl mount test',
  ),
  'sso-unfinished': row(
    110,
    84,
    'nobody finished the login: its time was over, or it was cancelled',
    'begin it again: sgetctl login, or of a vault sgetctl mount test',
  ),
  'sso-weak': row(
    111,
    84,
    'the identity provider signed you in, but not as strongly or as freshly as is demanded',
    'sign in with the second factor that the rule wants, or ask who runs the provider why it is not asked for',
  ),
  'sso-ended': row(
    112,
    84,
    'the identity provider has ended the session',
    'sgetctl login begins another; if nobody ended it, one of its tokens may be in other hands: ask who runs the provider',
  ),
  'sso-client': row(
    113,
    84,
    'the identity provider refuses this program or what it asks for',
    'check client_id and scopes in config.toml, and that http://127.0.0.1/callback is registered there',
  ),
  'sso-unfound': row(
    114,
    84,
    'what answers at the address of the issuer is not that identity provider',
    'check issuer in config.toml: it is written exactly as the provider writes it',
  ),
  'sso-unable': row(
    115,
    84,
    'the identity provider does not offer what that takes',
    'ask who runs it: a login takes the code flow with PKCE (S256), or, with --device, the device grant',
  ),
  'sso-unreachable': row(
    116,
    84,
    'the identity provider cannot be reached now, or is in trouble',
    'try again; check that this machine is online, and proxy and ca under [network] in config.toml',
  ),
  'sso-untrusted': row(
    117,
    84,
    'the identity provider could not prove who it is, or its answer is forged, so nothing of it was used',
    'check ca under [network] in config.toml, or ask who runs the provider: never go on without',
  ),
  'sso-clock': row(
    118,
    84,
    'the identity provider sent a token of another time',
    'compare the clocks of this machine and of the provider',
  ),
  'sso-other': row(
    119,
    84,
    'somebody else signed in than the one who is signed in here',
    'sign in as the same person, or log out first: sgetctl logout',
  ),
  'sso-busy': row(
    120,
    84,
    'another login waits for you already',
    'finish it in the browser; sgetctl logout ends it',
  ),
  'mount-unknown': row(121, 65, 'no vault is mounted at {}', 'see which there are: sgetctl mount ls'),
  'mount-secret': row(
    122,
    65,
    'the mount at {} names no secret of the embedded vault to log in with',
    'store it with sget put, and name it in config.toml: secret = "PATH#FIELD"',
  ),
  'sign-ins-differ': row(
    123,
    74,
    'the policy demands ways of signing in of which one human can have one only',
    'ask for the secrets one by one; sgetctl show REF tells what each demands',
  ),
  'sso-port': row(
    124,
    84,
    'port 8250 of this machine, to which the vault sends your browser back, is in use by another program',
    'end that one, maybe a login on the command line of the vault, and try again',
  ),
  'vault-redirect': row(
    125,
    83,
    'the role at the vault does not let you sign in from here',
    'its keepers add http://localhost:8250/oidc/callback to its allowed_redirect_uris; check role and auth_mount in config.toml',
  ),
  'vault-opened': row(
    126,
    83,
    'somebody else has opened what the vault had wrapped for sget alone',
    'tell its keepers at once: who can do that reads along between you and the vault',
  ),
  'provider-failed': row(
    127,
    83,
    'the program that gives these secrets cannot be run, or took too long',
    'run it yourself, with the path behind that of its mount; sgetctl mount ls names it',
  ),
} as const satisfies Record<string, FailureRow>

/** The name of a failure: what code compares, for ever. */
export type FailureName = keyof typeof failures
