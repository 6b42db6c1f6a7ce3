// Mounts in the config, with the real programs: added and taken away by a human, in the draft and in force.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { onTerminal } from './rig/terminal.ts'

const instance = await Instance.create()
t.teardown(() => instance.remove())
const draft = join(instance.home, 'config/config.toml')
const first = readFileSync(draft, 'utf8')
const adding = ['mount', 'add', 'corp', 'openbao', 'https://bao.example', '--role', 'dev']
const sgetctl = [join(programs, 'sgetctl'), '--home', instance.home]
const inForce = async (): Promise<string> => (await instance.sgetctl(['config', 'show'])).stdout
const proved = { passphrase }

t.test('a mount is in force once a human has seen the change and proved to be one', async (t) => {
  t.match(await instance.sgetctl(adding), { code: 76 }, 'not without a passphrase')
  t.notMatch(await inForce(), 'corp')
  writeFileSync(draft, first)
  const added = await instance.sgetctl([...adding, '--passphrase-fd', '3'], proved)
  t.match(added, { code: 0, stdout: /\+ at = "corp"\n/ })
  t.match(await inForce(), /\n\[\[mount\]\]\nat = "corp"\n/)
  t.match(await instance.sgetctl(['config', 'diff']), { stdout: /the draft is what is in force/ })
})

t.test('and is gone as it came, to the byte', async (t) => {
  t.match(await instance.sgetctl(['mount', 'rm', 'corp', '--passphrase-fd', '3'], proved), { code: 0 })
  t.equal(readFileSync(draft, 'utf8'), first)
  t.equal(await inForce(), first)
})

t.test('a mount over secrets of the embedded vault wants a yes', async (t) => {
  await instance.put('corp/db', 'x')
  const hides = /a mount at corp hides what the embedded vault has there: corp\/db\r\n/
  const no = await onTerminal([['[y/N] ', 'n\r']], [...sgetctl, ...adding])
  t.match(no, { code: 74, stdout: hides })
  t.equal(readFileSync(draft, 'utf8'), first, 'after a no nothing has changed')
  const dialogue: [string, string][] = [
    ['[y/N] ', 'y\r'],
    ['sget passphrase: ', `${passphrase}\n`],
  ]
  t.match(await onTerminal(dialogue, [...sgetctl, ...adding]), { code: 0, stdout: hides })
  t.match(await inForce(), 'at = "corp"')
})
