import { createHash } from 'node:crypto'
import {
  copyFileSync,
  linkSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { Enclave, lockedBytes, sealBytes } from '@sget/memory'
import { previousPath } from '@sget/vault'
import { decodeVault, encodeVault } from '../src/body.ts'
import { type Secret } from '../src/entry.ts'
import { decodeHeader, encodeHeader, headerBytes } from '../src/header.ts'
import { openSlot } from '../src/slot.ts'
import { created, newPath, opened, put, rekeying, valueOf } from './fixtures/place.ts'

/** A small vault, closed: two secrets, two fields of one, a document. */
async function small(t: Test): Promise<{ path: string; file: Buffer }> {
  const path = newPath(t)
  const vault = await created(path)
  await vault.setDocument('policy', Buffer.from('text'))
  await put(vault, 'a/b', 'one')
  await put(vault, 'a/b', 'two', 'user')
  await put(vault, 'c/d', 'six')
  await vault.close()
  return { path, file: readFileSync(path) }
}

/** The code with which a file is refused, or `opened`. */
async function outcome(path: string, file: Buffer): Promise<string> {
  writeFileSync(path, file)
  try {
    const vault = await opened(path)
    await vault.close()
    return 'opened'
  } catch (failure) {
    return failure instanceof Error && 'code' in failure ? String(failure.code) : String(failure)
  }
}

async function outcomes(path: string, files: Iterable<Buffer>): Promise<Set<string>> {
  const seen = new Set<string>()
  for (const file of files) seen.add(await outcome(path, file))
  return seen
}

function changed(file: Buffer, at: number, mask: number): Buffer {
  const copy = Buffer.from(file)
  copy[at] = (copy[at] ?? 0) ^ mask
  return copy
}

t.test('a file with any byte changed is refused', async (t) => {
  const { path, file } = await small(t)
  const locked = lockedBytes()
  const versionAt = 8
  const places = [...file.keys()].filter((at) => at !== versionAt)
  for (const mask of [1, 0x80, 0xff])
    t.strictSame(
      await outcomes(
        path,
        places.map((at) => changed(file, at, mask)),
      ),
      new Set(['damaged']),
    )
  t.equal(await outcome(path, changed(file, versionAt, 1)), 'damaged', 'version 0')
  t.equal(await outcome(path, changed(file, versionAt, 2)), 'newer', 'version 3')
  t.equal(await outcome(path, file), 'opened')
  t.equal(lockedBytes(), locked, 'refusing keeps no page')
})

t.test('a file that ends too soon or too late is refused', async (t) => {
  const { path, file } = await small(t)
  const cuts = Array.from({ length: file.length }, (_, length) => file.subarray(0, length))
  t.strictSame(await outcomes(path, cuts), new Set(['damaged']))
  t.equal(await outcome(path, Buffer.concat([file, Buffer.alloc(1)])), 'damaged')
  t.equal(await outcome(path, Buffer.concat([file, file])), 'damaged')
  writeFileSync(path, file)
  truncateSync(path, 100 * 1024 ** 3)
  await t.rejects(opened(path), { code: 'damaged' }, 'without reading it all')
})

t.test('a file with anything done to it is refused, or is the file that it was', async (t) => {
  const { path, file } = await small(t)
  const locked = lockedBytes()
  const older = readFileSync(previousPath(path))
  const place = fc.nat(file.length - 1)
  const piece = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .tuple(fc.constantFrom(file, older), place, fc.nat(200))
      .map(([of, at, length]) => of.subarray(at, at + length)),
  )
  // A piece of so many bytes makes way for another one, of that length or any.
  const change = fc.tuple(place, fc.oneof(fc.constant(undefined), fc.nat(200)), piece).map(
    ([at, out, put]) =>
      (bytes: Buffer) =>
        Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + (out ?? put.length))]),
  )
  const refused = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
    const mutated = changes.reduce((bytes, edit) => edit(bytes), file)
    const told = await outcome(path, mutated)
    return told === (mutated.equals(file) || mutated.equals(older) ? 'opened' : 'damaged') || told === 'newer'
  })
  await fc.assert(refused, { numRuns: 250 })
  t.equal(lockedBytes(), locked, 'refusing keeps no page')
})

t.test('a head that asks for the whole machine is refused before it gets it', async (t) => {
  const { path, file } = await small(t)
  const asking = (passes: number, kibibytes: number, version = 1): Buffer => {
    const copy = Buffer.from(file)
    copy.writeUInt8(version, 8)
    copy.writeUInt32BE(passes, 9)
    copy.writeUInt32BE(kibibytes, 13)
    createHash('sha256')
      .update(copy.subarray(0, headerBytes - 32))
      .digest()
      .copy(copy, headerBytes - 32)
    return copy
  }
  const gibibyte = 1024 * 1024
  t.equal(await outcome(path, asking(1, 100 * gibibyte)), 'damaged')
  t.equal(await outcome(path, asking(1, 0xffffffff)), 'damaged')
  t.equal(await outcome(path, asking(1, gibibyte + 1)), 'damaged')
  t.equal(await outcome(path, asking(11, 8)), 'damaged')
  t.equal(await outcome(path, asking(0xffffffff, 8)), 'damaged')
  t.equal(await outcome(path, asking(0, 8)), 'damaged')
  t.equal(await outcome(path, asking(1, 7)), 'damaged')
  t.equal(await outcome(path, asking(1, 8, 0)), 'damaged', 'there is no version 0')
  t.equal(await outcome(path, asking(1, 8, 2)), 'newer')
  t.equal(await outcome(path, asking(2, 8)), 'wrong-passphrase', 'it leads to another key')
  t.equal(await outcome(path, asking(1, 8)), 'opened')
})

t.test('parts of an older file in a newer one are refused', async (t) => {
  const { path, file } = await small(t)
  const vault = await opened(path)
  await put(vault, 'c/d', 'new')
  const newer = readFileSync(path)
  const sealedAt = file.length - ('six'.length + 40) - ('text'.length + 40)
  const mixed = (from: number, to: number): Buffer =>
    Buffer.concat([newer.subarray(0, from), file.subarray(from, to), newer.subarray(to)])
  t.equal(newer.length, file.length)
  t.equal(await outcome(path, mixed(sealedAt, sealedAt + 43)), 'damaged', 'an old value')
  t.equal(await outcome(path, mixed(0, headerBytes)), 'damaged', 'the old head')
  t.equal(await outcome(path, mixed(headerBytes, file.length)), 'damaged', 'all but the head')
  t.equal(await outcome(path, mixed(0, 0)), 'opened')
})

t.test('values in exchanged places are refused', async (t) => {
  const { path, file } = await small(t)
  const firstAt = file.length - 3 * 43 - 44
  const one = file.subarray(firstAt, firstAt + 43)
  const two = file.subarray(firstAt + 43, firstAt + 86)
  const swapped = Buffer.concat([file.subarray(0, firstAt), two, one, file.subarray(firstAt + 86)])
  t.equal(swapped.length, file.length)
  t.equal(await outcome(path, swapped), 'damaged')
})

t.test('a value opens only under its own name, even for one who could write the index', async (t) => {
  const { path, file } = await small(t)
  const header = decodeHeader(file)
  using enclave = await openSlot(header.slot, Buffer.from('pass'))
  const snapshot = decodeVault(file, header, enclave)
  const ab = snapshot.secrets.get('a/b')
  const cd = snapshot.secrets.get('c/d')
  const policy = snapshot.documents.get('policy')
  if (!ab || !cd || !policy) throw new Error('the fixture has other names')
  const [password, user] = [...ab.fields.values()]
  const written = async (secrets: Record<string, Secret>): Promise<string> => {
    writeFileSync(path, encodeVault({ ...snapshot, secrets: new Map(Object.entries(secrets)) }, enclave))
    return await valueOf(await opened(path), 'a/b')
  }
  const fields = (entry = password): Secret => ({ ...ab, fields: new Map(entry && [['password', entry]]) })
  t.equal(await written({ 'a/b': fields() }), 'one')
  await t.rejects(written({ 'a/b': fields(user) }), { code: 'damaged' }, 'another field')
  await t.rejects(written({ 'a/b': cd }), { code: 'damaged' }, 'another path')
  await t.rejects(written({ 'a/b': fields(policy.sealed) }), { code: 'damaged' }, 'a document')
  await t.rejects(
    written({ 'a/b': fields(password && { ...password, id: 99 }) }),
    { code: 'damaged' },
    'another id',
  )
})

t.test('a vault under another key is not opened by the head of this one', async (t) => {
  const { path, file } = await small(t)
  const header = decodeHeader(file)
  using enclave = await openSlot(header.slot, Buffer.from('pass'))
  using other = Enclave.random()
  const foreign = encodeVault(decodeVault(file, header, enclave), other)
  t.equal(await outcome(path, foreign), 'damaged')
})

t.test('an index with something behind it is refused, even one that the key sealed', async (t) => {
  const { path, file } = await small(t)
  const header = decodeHeader(file)
  using enclave = await openSlot(header.slot, Buffer.from('pass'))
  const indexEnd = headerBytes + header.indexBytes
  const written = async (more: number): Promise<string> => {
    const index = Buffer.alloc(header.indexBytes - sealBytes + more)
    enclave.open(file.subarray(headerBytes, indexEnd), file.subarray(0, headerBytes), index)
    const head = encodeHeader({ ...header, indexBytes: header.indexBytes + more })
    return await outcome(path, Buffer.concat([head, enclave.seal(index, head), file.subarray(indexEnd)]))
  }
  t.equal(await written(1), 'damaged')
  t.equal(await written(0), 'opened')
})

t.test('no two ciphertexts of one vault ever have the same id', async (t) => {
  const { path } = await small(t)
  const vault = await opened(path)
  await put(vault, 'e/f', 'x')
  await vault.setDocument('config', Buffer.from('x'))
  const file = readFileSync(path)
  using enclave = await openSlot(decodeHeader(file).slot, Buffer.from('pass'))
  const { secrets, documents, nextId } = decodeVault(file, decodeHeader(file), enclave)
  const fields = [...secrets.values()].flatMap((secret) => [...secret.fields.values()])
  const ids = [...fields, ...[...documents.values()].map(({ sealed }) => sealed)].map(({ id }) => id)
  t.equal(new Set(ids).size, 6)
  t.ok(ids.every((id) => id < nextId))
})

t.test('what is accepted is written again with the same length and content', async (t) => {
  const { file } = await small(t)
  const header = decodeHeader(file)
  using enclave = await openSlot(header.slot, Buffer.from('pass'))
  const snapshot = decodeVault(file, header, enclave)
  const again = encodeVault(snapshot, enclave)
  t.equal(again.length, file.length)
  t.strictSame(decodeVault(again, decodeHeader(again), enclave), snapshot)
  t.notOk(again.equals(file), 'under a nonce of its own')
})

t.test('the generation before a damaged one opens when it is put back', async (t) => {
  const { path, file } = await small(t)
  const vault = await opened(path)
  await put(vault, 'c/d', 'new')
  t.strictSame(readFileSync(previousPath(path)), file)
  writeFileSync(path, changed(readFileSync(path), 200, 1))
  await t.rejects(opened(path), { code: 'damaged' })
  copyFileSync(previousPath(path), path)
  const restored = await opened(path)
  t.equal(await valueOf(restored, 'c/d'), 'six')
  await t.rejects(
    put(vault, 'c/d', 'newer'),
    { code: 'moved' },
    'the one that was open does not write over it',
  )
  await put(restored, 'c/d', 'newest')
  t.equal(await valueOf(await opened(path), 'c/d'), 'newest')
})

t.test('a second writer is noticed before it loses anything', async (t) => {
  const { path } = await small(t)
  const [first, second] = [await opened(path), await opened(path)]
  await put(first, 'first/1', 'x')
  await t.rejects(put(second, 'second/1', 'x'), { code: 'moved' })
  await t.rejects(second.remove('a/b'), { code: 'moved' })
  await t.rejects(second.setDocument('policy', Buffer.from('x')), { code: 'moved' })
  await t.rejects(second.rekey(Buffer.from('x'), rekeying()), { code: 'moved' })
  await t.rejects(valueOf(second, 'second/1'), { code: 'not-found' })
  await put(first, 'first/2', 'x')
  const names = (await (await opened(path)).list()).map((secret) => secret.path)
  t.strictSame(names, ['a/b', 'c/d', 'first/1', 'first/2'])
})

t.test('nothing is written without the lock, and the lock is given back', async (t) => {
  const { path } = await small(t)
  let free = true
  const lock = (): Disposable | undefined => {
    if (!free) return undefined
    free = false
    return { [Symbol.dispose]: () => void (free = true) }
  }
  const vault = await opened(path, { lock })
  free = false
  const { mtimeMs } = statSync(path)
  await t.rejects(put(vault, 'x/y', 'x'), { code: 'busy' })
  await t.rejects(created(newPath(t), { lock }), { code: 'busy' })
  t.equal(statSync(path).mtimeMs, mtimeMs)
  free = true
  await put(vault, 'x/y', 'x')
  t.ok(free)
  const other = await opened(path, { lock: () => (free ? lock() : undefined) })
  await Promise.allSettled([put(other, 'x/z', 'x'), put(vault, 'x/w', 'x')])
  t.ok(free)
  t.equal((await (await opened(path)).list()).length, 4, 'one of the two')
})

t.test('what a killed writer left is swept away, and nothing else', async (t) => {
  const { path } = await small(t)
  const left = [`${path}.0123456789abcdef.new`, `${path}.0123456789abcdef.old`]
  const kept = [
    `${path}.0123456789abcde.new`,
    `${path}.new`,
    `${path}x.0123456789abcdef.new`,
    `${path}.previous.bak`,
  ]
  for (const name of [...left, ...kept]) writeFileSync(name, 'x')
  const vault = await opened(path)
  rmSync(previousPath(path))
  linkSync(path, previousPath(path))
  await put(vault, 'x/y', 'x')
  t.not(
    statSync(path).ino,
    statSync(previousPath(path)).ino,
    'one killed between its two renames is made good',
  )
  const names = new Set(readdirSync(path.slice(0, path.lastIndexOf('/'))))
  t.ok(left.every((name) => !names.has(name.slice(name.lastIndexOf('/') + 1))))
  t.equal(names.size, kept.length + 2)
  t.ok(kept.every((name) => names.has(name.slice(name.lastIndexOf('/') + 1))))
})
