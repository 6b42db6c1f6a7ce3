// The rows of `sgetctl mount …` in the table of commands.
import { mountKeys } from '@sget/policy'
import { Option } from 'commander'
import type { Row, Typed } from './commands.ts'
import { add, rm, type Wanted } from './mount-draft.ts'
import { ls, test } from './mounts.ts'

/** What the keys of a mount mean, for help. */
const meanings: Readonly<Record<string, string>> = {
  ttl: 'for how long a value counts that was fetched: 5m where nothing is said, and never longer than the ttl of a rule',
  stale: 'how old a value may be while the vault cannot be reached: 8h',
  namespace: 'of the vault (openbao)',
  auth: 'how to log in: jwt (with your sign-in), approle, token (openbao)',
  auth_mount: 'where that way to log in is mounted there (openbao)',
  bearer: 'which token of your sign-in the vault takes: id, access (openbao: jwt)',
  role: 'the role to log in with (openbao: jwt)',
  role_id: 'the id of the role (openbao: approle)',
  secret: 'what to log in with, as a REF to the embedded vault (openbao: approle, token)',
  wrap: 'have answers wrapped for so long: 60s (openbao)',
  common_name: 'whom a certificate is for (openbao: pki)',
  public_key: 'the key to be signed (openbao: ssh)',
  health: 'the path that tells whether the service is well (http)',
}

/** What is said in another way: by place in the command line, or once for each. */
const otherwise: readonly string[] = ['at', 'type', 'url', 'command', 'fields']

/** Every other key that a mount of some type may have. */
const keys = [...new Set([...mountKeys.values()].flat())].filter((key) => !otherwise.includes(key))

const keyOptions = keys.map((key) => ({
  key,
  option: new Option(`--${key.replaceAll('_', '-')} <text>`, meanings[key] ?? `the key ${key} of the mount`),
}))

const draftOption = new Option('--draft', 'change the draft alone: sgetctl config apply puts it in force')

/** In the order of the help. */
export const mountCommands: readonly Row[] = [
  {
    usage: 'add <at> <type> <target>',
    group: 'mount',
    about: `mount a vault: of type ${[...mountKeys.keys()].join(', ')}, at its address, or for exec by its program; asks for the passphrase`,
    examples: [
      'sgetctl mount add corp openbao https://bao.example:8200 --auth jwt --role dev --stale 8h',
      'sgetctl mount add house http https://secrets.example/v2 --field password=/data/password',
      'sgetctl mount add pass exec /usr/local/bin/gopass-provider --draft',
    ],
    options: [
      ...keyOptions.map(({ option }) => option),
      new Option(
        '--field <name=/pointer>',
        'a field and its place in the answer, as often as you like (http)',
      )
        .argParser<readonly string[]>((field, before) => [...before, field])
        .default([], 'none'),
      draftOption.default(false),
      new Option('--force', 'without asking, where it hides secrets of the embedded vault').default(false),
    ],
    tried: ({ words }) => `mount ${words[0] ?? ''}`,
    run: (context, typed) => add(context, wantedOf(typed), typed.command.opts()),
  },
  {
    usage: 'rm <at>',
    group: 'mount',
    about: 'take a mount away; asks for the passphrase',
    examples: ['sgetctl mount rm corp'],
    options: [draftOption.default(false)],
    tried: ({ words }) => `take the mount ${words[0] ?? ''} away`,
    run: (context, { words, command }) =>
      rm(context, words[0] ?? '', command.opts<{ draft: boolean }>().draft),
  },
  {
    usage: 'ls',
    group: 'mount',
    about: 'list the mounts that are in force, and how they stand',
    examples: ['sgetctl mount ls', 'sgetctl mount ls --json'],
    tried: () => 'list the mounts',
    run: ls,
  },
  {
    usage: 'test <at>',
    group: 'mount',
    about: 'ask a vault whether it answers, and log in to it',
    examples: ['sgetctl mount test corp'],
    tried: ({ words }) => `test the mount ${words[0] ?? ''}`,
    run: (context, { words }) => test(context, words[0] ?? ''),
  },
]

function wantedOf({ words, command }: Typed): Wanted {
  const [at = '', type = '', target = ''] = words
  const options = command.opts<{ field: readonly string[] } & Readonly<Record<string, unknown>>>()
  const settings = keyOptions.flatMap(({ key, option }): [string, string][] => {
    const value = options[option.attributeName()]
    return typeof value === 'string' ? [[key, value]] : []
  })
  return { at, type, target, settings, fields: options.field }
}
