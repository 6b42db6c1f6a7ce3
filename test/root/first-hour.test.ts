// What somebody new meets who logs in, follows the README and types what they are asked for, mistakes included.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { programs } from '../rig/instance.ts'
import { atLogin, type Dialogue } from '../rig/terminal.ts'

// The user's own instance, at the places that no option names.
const user = 'sget-test'
const home = execFileSync('/usr/bin/getent', ['passwd', user], { encoding: 'utf8' }).split(':')[5] ?? ''
const places = ['.config/sget', '.local/share/sget', '.local/state/sget'].map((place) => join(home, place))
const path = `${programs}:/usr/bin:/bin`

function clear(): void {
  // What is ending may write there still.
  for (const place of places) rmSync(place, { recursive: true, force: true, maxRetries: 10 })
}

clear()
t.teardown(async () => {
  await hour([['$ ', 'kill $(sgetctl status --json | grep -o \'"pid": *[0-9]*\' | grep -o "[0-9]*$")\n']])
  clear()
})

/** Logs in, plays the dialogue, logs out. Returns what the terminal showed, line by line as a human reads it. */
async function hour(dialogue: Dialogue): Promise<string> {
  const { stdout } = await atLogin(user, [['$ ', `export PATH=${path}\n`], ...dialogue])
  return stdout.replaceAll('\r', '')
}

t.test('before anything is there, each program says what comes first', async (t) => {
  const seen = await hour([['$ ', 'sget dev/db; sget put dev/db; sgetctl status\n']])
  t.match(seen, 'sget: cannot read dev/db: no sgetd is running\n')
  t.match(seen, 'sget: cannot put dev/db: no sgetd is running\n')
  t.match(seen, '(the first time: sgetctl init)')
  t.match(seen, 'sgetd is not running: sgetctl init\n')
})

t.test('init asks until two good passphrases are the same, and shows none', async (t) => {
  const seen = await hour([
    ['$ ', 'sgetctl init\n'],
    ['new sget passphrase: ', 'short\n'],
    ['new sget passphrase: ', 'correct horse battery\n'],
    ['once more: ', 'correct horse botherer\n'],
    ['new sget passphrase: ', 'correct horse battery\n'],
    ['once more: ', 'correct horse battery\n'],
    ['$ ', 'sgetctl init; sget unlock --new\n'],
  ])
  t.match(seen, /8 bytes or more\n.*\nonce more: \nthe two passphrases differ\n/)
  t.match(seen, /wrote .*policy\.toml\nwrote .*config\.toml\n/)
  t.match(seen, 'open; there is no recovery of a forgotten passphrase\n')
  t.match(seen, /kept .*policy\.toml, which was there\n[^]*next: sgetctl status\n/)
  t.match(seen, 'cannot make a vault: there is a vault already\n')
  t.notMatch(seen, /horse|short\n/)
})

t.test('a value is typed without echo, and used without being seen', async (t) => {
  const seen = await hour([
    ['$ ', 'sget put db/prod\n'],
    ['value: ', 's3cret\n'],
    ['$ ', 'X="$(sget db/prod)"; echo "got ${#X}"; sget db/prod\n'],
  ])
  t.match(seen, 'got 6\n')
  t.match(seen, /cannot read db\/prod: it would show on the terminal\n.*sget --reveal REF\n/)
  t.notMatch(seen, 's3cret')
})

t.test(
  'an edited draft counts once the passphrase was given, and a wrong one is asked for again',
  async (t) => {
    const seen = await hour([
      ['$ ', 'echo "# mine" >> ~/.config/sget/policy.toml; sgetctl status; sgetctl policy apply\n'],
      ['sget passphrase: ', 'correct horse bather\n'],
      ['sget passphrase: ', 'correct horse battery\n'],
      ['$ ', 'sgetctl status\n'],
    ])
    t.match(seen, 'draft differs, not in force: sgetctl policy apply\n')
    t.match(seen, /\n\+ # mine\n[^]*the passphrase is wrong\n[^]*generation 2 is in force\n/)
    t.match(seen, /policy +generation 2 is in force, and is what the draft says\n/)
  },
)

t.test('a new passphrase takes the place of the old one', async (t) => {
  const seen = await hour([
    ['$ ', 'sget passwd\n'],
    ['old sget passphrase: ', 'correct horse battery\n'],
    ['new sget passphrase: ', 'battery horse correct\n'],
    ['once more: ', 'battery horse correct\n'],
    ['$ ', 'sgetctl lock; sget db/prod; sget unlock\n'],
    ['sget passphrase: ', 'correct horse battery\n'],
    ['sget passphrase: ', 'battery horse correct\n'],
    ['$ ', 'X="$(sget db/prod)"; echo "got ${#X}"; sgetctl audit verify\n'],
  ])
  t.match(seen, /the vault is locked\n.*sget unlock\n[^]*passphrase is wrong\n[^]*got 6\nsound: /)
})

t.test('what is misspelt is told apart from what there is not', async (t) => {
  const seen = await hour([['$ ', 'sget no/such; sget db/prod#user; sget frobnicate\n']])
  t.match(seen, /cannot read no\/such: no such secret[^]*cannot read db\/prod#user: no such secret/)
  t.match(seen, "unknown command 'frobnicate'\n")
})
