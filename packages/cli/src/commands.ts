// The table of commands: how each is called, what its help says, what it does. A new command is one row.
import { Refusal } from '@sget/wire'
import { InvalidArgumentError, Option, type Command } from 'commander'
import * as audit from './audit.ts'
import type { Context } from './context.ts'
import { documentNames, type DocumentName } from './document.ts'
import * as documents from './documents.ts'
import { exportRecords } from './export.ts'
import { scrub } from './findings.ts'
import { grants, revoke, revokeAll } from './grants.ts'
import { init } from './init.ts'
import { mountCommands } from './mount-commands.ts'
import { forgetOrigin, origins } from './origins.ts'
import { approve, deny, pending } from './requests.ts'
import * as secrets from './secrets.ts'
import * as service from './service.ts'
import { login, logout, type LoginOptions } from './signing-in.ts'
import { status } from './status.ts'
import type { Answer } from './terminal.ts'
import * as vault from './vault.ts'

/** What the user typed after the command's name. */
export interface Typed {
  readonly words: readonly string[]
  readonly command: Command
}

/** One command. */
export interface Row {
  /** The name, behind that of its group, and what must or may follow. */
  readonly usage: string
  readonly group?: keyof typeof groups
  readonly about: string
  readonly examples: readonly string[]
  readonly options?: readonly Option[]
  /** What it is to do, for messages: "remove db/prod". */
  readonly tried: (typed: Typed) => string
  readonly run: (context: Context, typed: Typed) => Promise<Answer>
}

/** Groups of commands, with their help. */
export const groups = {
  service: 'the login agent, which starts sgetd when it is needed: install, remove, status, logs',
  vault: 'the vault as a file, encrypted as it is: backup, restore',
  origins: 'from which repositories secrets may be used by an env file',
  audit: 'what was asked, by whom, and what became of it: tail, export, verify',
  policy: 'which agent may have which secret, and how: check, show, diff, apply',
  config: 'how sget works here: check, show, diff, apply',
  mount: 'vaults on the network, or behind a program: add, rm, ls, test',
} as const

const plain = (
  usage: string,
  about: string,
  tried: string,
  run: (context: Context) => Promise<Answer>,
): Row => ({
  usage,
  about,
  examples: [`sgetctl ${usage}`],
  tried: () => tried,
  run,
})

const first = ({ words }: Typed): string => words[0] ?? ''

const general: readonly Row[] = [
  plain('init', 'write first drafts of policy and config, and make a vault', 'make a vault', init),
  plain(
    'status',
    'whether sgetd runs, what it holds, who is signed in, what waits',
    'ask for the status',
    status,
  ),
  plain('lock', 'lock the vault: from here on nothing is served', 'lock the vault', secrets.lock),
  {
    usage: 'ls [pattern]',
    about: 'list secrets by name: never a value',
    examples: ['sgetctl ls', "sgetctl ls 'prod/**' --json"],
    tried: () => 'list secrets',
    run: (context, typed) => secrets.ls(context, first(typed)),
  },
  {
    usage: 'show <ref>',
    about: 'what is known of a secret, and which rule applies to it',
    examples: ['sgetctl show db/prod'],
    tried: (typed) => `show ${first(typed)}`,
    run: (context, typed) => secrets.show(context, first(typed)),
  },
  {
    usage: 'rm <ref>',
    about: 'remove a secret, or with #FIELD one field of it; asks for the passphrase',
    examples: ['sgetctl rm db/old', "sgetctl rm 'db/prod#token'"],
    tried: (typed) => `remove ${first(typed)}`,
    run: (context, typed) => secrets.rm(context, first(typed)),
  },
  {
    usage: 'rotate <ref>',
    about: 'have a vault on the network change a secret there, seen by nobody; asks for the passphrase',
    examples: ['sgetctl rotate corp/database/static-creds/app'],
    tried: (typed) => `rotate ${first(typed)}`,
    run: (context, typed) => secrets.rotate(context, first(typed)),
  },
  {
    usage: 'generate <ref>',
    about: 'put a random value straight into the vault, seen by nobody',
    examples: [
      "sgetctl generate 'db/dev#password'",
      'sgetctl generate api/key --characters 64 --alphabet hex',
    ],
    options: [
      new Option('--characters <n>', 'how many')
        .argParser(number(secrets.charactersMin, secrets.charactersMax))
        .default(secrets.charactersUsual),
      new Option('--alphabet <name>', 'of which').choices(secrets.alphabets).default(secrets.alphabets[0]),
      new Option('--replace', 'over the value that is there; asks for the passphrase').default(false),
    ],
    tried: (typed) => `generate ${first(typed)}`,
    run: (context, typed) => secrets.generate(context, first(typed), typed.command.opts()),
  },
]

const noBrowser = new Option('--no-browser', 'print the address and open nothing')

const signingIn: readonly Row[] = [
  {
    usage: 'login',
    about: 'sign in at the identity provider that the config names, in your browser',
    examples: ['sgetctl login', 'sgetctl login --device', 'sgetctl login --again --no-browser'],
    options: [
      new Option('--device', 'by a code, in a browser on another machine').default(false),
      new Option('--again', 'also where you are signed in').default(false),
      noBrowser,
    ],
    tried: () => 'sign in',
    run: (context, { command }) => login(context, command.opts<LoginOptions>()),
  },
  {
    usage: 'logout',
    about: 'end the session, and with it the grants and cached values',
    examples: ['sgetctl logout', 'sgetctl logout --no-browser'],
    options: [noBrowser],
    tried: () => 'sign out',
    run: (context, { command }) => logout(context, command.opts<{ browser: boolean }>().browser),
  },
]

const approvals: readonly Row[] = [
  {
    usage: 'grants',
    about: 'list the handles that agents hold, and what was left behind of what they gave',
    examples: ['sgetctl grants', 'sgetctl grants --left'],
    options: [
      new Option('--left', 'ask for the passphrase where only a proof shows what was left').default(false),
    ],
    tried: () => 'list grants',
    run: (context, { command }) => grants(context, command.opts<{ left: boolean }>().left),
  },
  {
    usage: 'scrub <grant>',
    about: 'take what a grant gave out of the history files of your shells, after asking',
    examples: ['sgetctl scrub 7fk2mnqa', 'sgetctl scrub 7fk2mnqa --yes'],
    options: [new Option('--yes', 'without asking').default(false)],
    tried: (typed) => `scrub ${first(typed)}`,
    run: (context, typed) => scrub(context, first(typed), typed.command.opts<{ yes: boolean }>().yes),
  },
  plain('pending', 'list requests that wait for you', 'list requests', pending),
  {
    usage: 'approve <id>',
    about: 'show a request and allow it; asks for the passphrase where the policy does',
    examples: ['sgetctl approve k3fp'],
    tried: (typed) => `approve ${first(typed)}`,
    run: (context, typed) => approve(context, first(typed)),
  },
  {
    usage: 'deny <id>',
    about: 'refuse a request',
    examples: ['sgetctl deny k3fp'],
    tried: (typed) => `deny ${first(typed)}`,
    run: (context, typed) => deny(context, first(typed)),
  },
  {
    usage: 'revoke [id]',
    about: 'revoke a grant, or all of them',
    examples: ['sgetctl revoke 7fk2mnqa', 'sgetctl revoke --all'],
    options: [new Option('--all', 'every live grant').default(false)],
    tried: (typed) => `revoke ${first(typed)}`.trimEnd(),
    run: revokeWhich,
  },
]

const envFiles: readonly Row[] = [
  plain(
    'origins',
    'list from which repositories you have let env files use which secrets',
    'list origins',
    origins,
  ),
  {
    usage: 'forget <folder>',
    group: 'origins',
    about: 'ask again before an env file from there uses a secret',
    examples: ['sgetctl origins forget ~/src/app'],
    tried: (typed) => `forget ${first(typed)}`,
    run: (context, typed) => forgetOrigin(context, first(typed)),
  },
]

const lifecycle: readonly Row[] = [
  {
    usage: 'backup <file>',
    group: 'vault',
    about: 'copy the vault, encrypted as it is; works locked',
    examples: ['sgetctl vault backup /media/usb/sget.vault'],
    options: [new Option('--replace', 'over an older backup').default(false)],
    tried: (typed) => `back the vault up to ${first(typed)}`,
    run: (context, typed) =>
      vault.backup(context, first(typed), typed.command.opts<{ replace: boolean }>().replace),
  },
  {
    usage: 'restore <file>',
    group: 'vault',
    about: 'put a backup in the place of the vault, which is kept; needs its passphrase of that day',
    examples: ['sgetctl vault restore /media/usb/sget.vault'],
    options: [new Option('--move-aside', 'do so without asking, where a vault is there').default(false)],
    tried: (typed) => `restore ${first(typed)}`,
    run: (context, typed) =>
      vault.restore(context, first(typed), typed.command.opts<{ moveAside: boolean }>().moveAside),
  },
  {
    usage: 'reset',
    about: 'take the vault away to begin anew: when its passphrase is forgotten, nobody can open it',
    examples: ['sgetctl reset', 'sgetctl reset --erase'],
    options: [
      new Option('--erase', 'remove the vault instead of moving it aside').default(false),
      new Option('--yes <name>', 'the name of the vault, instead of typing it; sgetctl status shows it'),
    ],
    tried: () => 'reset the vault',
    run: (context, { command }) => vault.reset(context, command.opts()),
  },
]

const loginAgent: readonly Row[] = [
  {
    usage: 'install',
    group: 'service',
    about:
      'have sgetd started when it is first needed, from each login on; it starts locked, without a question',
    examples: ['sgetctl service install'],
    tried: () => 'install the login agent',
    run: service.install,
  },
  {
    usage: 'remove',
    group: 'service',
    about: 'take the login agent away, and end the sgetd that it runs',
    examples: ['sgetctl service remove'],
    tried: () => 'remove the login agent',
    run: service.remove,
  },
  {
    usage: 'status',
    group: 'service',
    about: 'whether the login agent is installed, listens, and runs sgetd',
    examples: ['sgetctl service status', 'sgetctl service status --json'],
    tried: () => 'look at the login agent',
    run: service.status,
  },
  {
    usage: 'logs',
    group: 'service',
    about: "the end of sgetd's log, also of one that was started by hand",
    examples: ['sgetctl service logs', 'sgetctl service logs -n 200'],
    options: [
      new Option('-n, --lines <n>', 'how many')
        .argParser(number(1, service.linesMax))
        .default(service.linesUsual),
    ],
    tried: () => 'read the log',
    run: (context, { command }) => service.logs(context, command.opts<{ lines: number }>().lines),
  },
]

const auditing: readonly Row[] = [
  {
    usage: 'tail',
    group: 'audit',
    about: 'the newest records, read from the file as they are',
    examples: ['sgetctl audit tail', 'sgetctl audit tail -n 100 --json'],
    options: [
      new Option('-n, --records <n>', 'how many')
        .argParser(number(1, audit.recordsMax))
        .default(audit.recordsUsual),
    ],
    tried: () => 'read the audit log',
    run: (context, { command }) => audit.tail(context, command.opts<{ records: number }>().records),
  },
  {
    usage: 'export',
    group: 'audit',
    about: 'all records, or those of a time, an agent, a secret, as JSON lines',
    examples: [
      'sgetctl audit export --since 7d',
      "sgetctl audit export --secret 'prod/**' --agent '**/codex'",
    ],
    options: [
      new Option('--since <time>', 'from then on: 2026-11-22T08:00Z, or 7d for a week ago'),
      new Option('--until <time>', 'before then'),
      new Option(
        '--agent <pattern>',
        'where a program by this path takes part, or of the session with this id',
      ),
      new Option('--secret <pattern>', 'about secrets with such a name'),
    ],
    tried: () => 'export the audit log',
    run: (context, { command }) => exportRecords(context, command.opts(), Date.now()),
  },
  {
    usage: 'verify',
    group: 'audit',
    about: 'check that nobody has changed the log; names the first bad place',
    examples: ['sgetctl audit verify', 'sgetctl audit verify --anchor journal'],
    options: [
      new Option('--anchor <source>', "against the system's journal too: journal, or a file with its lines"),
    ],
    tried: () => 'verify the audit log',
    run: (context, { command }) => audit.verify(context, command.opts<{ anchor?: string }>().anchor),
  },
]

/** Every command, in the order of the help. */
export const commands: readonly Row[] = [
  ...general,
  ...signingIn,
  ...approvals,
  ...envFiles,
  ...lifecycle,
  ...loginAgent,
  ...auditing,
  ...documentNames.flatMap(documentRows),
  ...mountCommands,
]

function documentRows(name: DocumentName): readonly Row[] {
  const row = (
    usage: string,
    about: string,
    run: (context: Context, name: DocumentName) => Promise<Answer>,
  ): Row => ({
    usage,
    group: name,
    about,
    examples: [`sgetctl ${name} ${usage}`],
    tried: () => `${usage} the ${name}`,
    run: (context) => run(context, name),
  })
  return [
    row('check', 'say what is wrong with the draft', documents.check),
    row('show', 'print what is in force', documents.show),
    row('diff', 'show in what the draft differs from what is in force', documents.diff),
    row('apply', 'show the difference, ask for the passphrase, put the draft in force', documents.apply),
  ]
}

function revokeWhich(context: Context, typed: Typed): Promise<Answer> {
  const { all } = typed.command.opts<{ all: boolean }>()
  if (all === (first(typed) !== '')) throw new Refusal('usage', 'revoke wants an ID or --all')
  return all ? revokeAll(context) : revoke(context, first(typed))
}

/** A reader of whole numbers within these bounds. */
function number(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text) ? Number(text) : NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It is a number from ${min} to ${max}.`)
  }
}
