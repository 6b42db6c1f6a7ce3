// What is remembered of env files: in a real vault, bounded, and forgotten when it cannot be kept.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createVault, openVault, type Vault } from '@sget/vault'
import { originPairsMax, refusedBackOffMs } from '../src/limits.ts'
import { Origins } from '../src/origins.ts'

const now = { boot: 1000 }
const clock = { bootMs: () => now.boot, wallMs: () => 0, ticks: () => 0, bootId: () => '' }

async function made(t: Test): Promise<{ vault: Vault; reopened: () => Promise<Vault> }> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-origins-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'vault')
  const cost = { passes: 1, memoryBytes: 8192 }
  const vault = await createVault({ path, passphrase: Buffer.from('pass'), cost })
  const reopened = async (): Promise<Vault> => {
    await vault.close()
    return openVault({ path, passphrase: Buffer.from('pass') })
  }
  return { vault, reopened }
}

t.test('a pair is a stranger until it is allowed, and from no other place', async (t) => {
  const { vault, reopened } = await made(t)
  const origins = new Origins(vault, clock)
  t.same(origins.strangers('/a', ['x/y#p', 'x/z#p']), ['x/y#p', 'x/z#p'])
  t.same(origins.strangers('', ['x/y#p']), [], 'what no env file names is nobody else s matter')
  await origins.allow('/a', ['x/y#p'])
  t.same(origins.strangers('/a', ['x/y#p', 'x/z#p']), ['x/z#p'])
  for (const other of ['/', '/a/b', '/b', '/A']) t.same(origins.strangers(other, ['x/y#p']), ['x/y#p'], other)
  await origins.allow('/b', ['x/y#p'])
  const later = new Origins(await reopened(), clock)
  t.same(later.all, [
    { origin: '/a', ref: 'x/y#p' },
    { origin: '/b', ref: 'x/y#p' },
  ])
  await later.forget('/a')
  t.same(later.all, [{ origin: '/b', ref: 'x/y#p' }])
  t.same(later.strangers('/a', ['x/y#p']), ['x/y#p'])
})

t.test('of too many the oldest are asked about again', async (t) => {
  const { vault } = await made(t)
  const origins = new Origins(vault, clock)
  const refs = Array.from({ length: originPairsMax }, (_, at) => `x/${at}#p`)
  await origins.allow('/a', refs)
  t.same(origins.strangers('/a', refs), [])
  await origins.allow('/b', ['x/y#p', 'x/z#p'])
  t.equal(origins.all.length, originPairsMax)
  t.same(origins.strangers('/a', refs), refs.slice(0, 2))
})

t.test('the largest that may be remembered fits the vault', async (t) => {
  const { vault, reopened } = await made(t)
  const origins = new Origins(vault, clock)
  const refs = Array.from({ length: originPairsMax }, (_, at) => `${'x'.repeat(250)}/${at}`.padEnd(577, '\\'))
  await t.resolves(origins.allow(`/${'"'.repeat(200)}`.padEnd(1024, 'a'), refs))
  t.equal(new Origins(await reopened(), clock).all.length, originPairsMax)
})

t.test('what was refused is not asked again for a while', async (t) => {
  const { vault } = await made(t)
  const origins = new Origins(vault, clock)
  origins.refuse('/a', ['x/y#p'])
  t.ok(origins.isRefused('/a', ['x/z#p', 'x/y#p']))
  t.notOk(origins.isRefused('/a', ['x/z#p']))
  t.notOk(origins.isRefused('/b', ['x/y#p']))
  now.boot += refusedBackOffMs - 1
  t.ok(origins.isRefused('/a', ['x/y#p']))
  now.boot += 1
  t.notOk(origins.isRefused('/a', ['x/y#p']))
  t.same(origins.all, [], 'and a refusal allows nothing')
})

t.test('what cannot be kept is not remembered', async (t) => {
  const { vault } = await made(t)
  const origins = new Origins(vault, clock)
  await origins.allow('/a', ['x/y#p'])
  await vault.close()
  await t.rejects(origins.allow('/b', ['x/y#p']), { code: 'locked' })
  t.same(origins.all, [{ origin: '/a', ref: 'x/y#p' }])
})

t.test('what a newer program wrote is asked about again, and no reason to stay locked', async (t) => {
  const { vault } = await made(t)
  for (const text of ['', '{"version": 2}', '/a\0x/y#p\0more', '\0\0']) {
    await vault.setDocument('origins', Buffer.from(text))
    t.same(new Origins(vault, clock).all, [], text)
  }
})
