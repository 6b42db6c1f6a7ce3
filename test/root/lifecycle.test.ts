// A human at a login who has forgotten the passphrase: they type the name of the vault, and nothing else is asked.
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import t from 'tap'
import { Instance, passphrase, programs } from '../rig/instance.ts'
import { atLogin, type Dialogue } from '../rig/terminal.ts'
import { testUser } from '../rig/users.ts'

t.setTimeout(120_000)

const uid = testUser()
const instance = await Instance.create(undefined, uid)
const folder = mkdtempSync(join(tmpdir(), 'sget-backup-'))
chownSync(folder, uid, uid)
t.teardown(() => {
  instance.remove()
  rmSync(folder, { recursive: true })
})
await instance.put('dev/db', 'first value')
await instance.sgetctl(['lock'])

const name = basename(instance.home)
const copy = join(folder, 'copy')

/** Logs in and plays the dialogue with this instance. Returns what the terminal showed. */
async function human(dialogue: Dialogue): Promise<string> {
  const prepare = `export PATH=${programs}:/usr/bin:/bin; c() { sgetctl --home ${instance.home} "$@"; }\n`
  const { stdout } = await atLogin('sget-test', [['$ ', prepare], ...dialogue])
  return stdout.replaceAll('\r', '')
}

t.test('a locked vault is backed up, and restored over once that is agreed to', async (t) => {
  const seen = await human([
    ['$ ', `c vault backup ${copy}; c vault restore ${copy}\n`],
    ['restore? [y/N] ', 'n\n'],
    ['$ ', `c vault restore ${copy}\n`],
    ['restore? [y/N] ', 'y\n'],
  ])
  t.match(
    seen,
    /read back and found the same\n[^]*nothing was restored\n[^]*the vault that was there is kept: /,
  )
  t.notMatch(seen, 'sget passphrase')
  t.match(await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }), { code: 0 })
  await instance.sgetctl(['lock'])
})

t.test('a reset wants the name typed, and a wrong one changes nothing', async (t) => {
  const seen = await human([
    ['$ ', 'c reset\n'],
    ['To go on', 'y\n'],
    ['$ ', 'c reset\n'],
    ['To go on', `${name}\n`],
  ])
  t.match(seen, /that is not the name of this vault: y\n[^]*no more in use; every grant is revoked\n/)
  t.notMatch(seen, 'sget passphrase')
  const left = readdirSync(join(instance.home, 'share')).filter((file) => !file.endsWith('.previous'))
  t.equal(left.length, 2)
  t.ok(
    left.every((file) => file.startsWith('vault.aside-')),
    'both are kept',
  )
  t.match(
    instance.audit().filter(({ event }) => String(event).startsWith('vault-')),
    [
      { caller: 'human' },
      { caller: 'human' },
      { event: 'vault-adopted' },
      { event: 'vault-reset', caller: 'human' },
    ],
  )
})
