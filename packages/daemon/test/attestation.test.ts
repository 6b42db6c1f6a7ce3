// When a setgid program proves something: each way in which its group, or the way to it, would be open to others.
import { chmodSync, copyFileSync, lstatSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { attestationOf } from '../src/attestation.ts'
import { fingerprinter } from '../src/fingerprint.ts'

// A setgid program of root's that every system has which knows shadow passwords.
const chage = '/usr/bin/chage'
const { gid } = lstatSync(chage)
const folder = mkdtempSync(join(tmpdir(), 'sget-attestation-'))
t.teardown(() => rmSync(folder, { recursive: true }))

const databases = (group: string, passwd = 'root:x:0:0:root:/root:/bin/sh\n', ranges?: string) => {
  const [groups, users] = [join(folder, 'group'), join(folder, 'passwd')]
  writeFileSync(groups, group)
  writeFileSync(users, passwd)
  const subgid = join(folder, ranges === undefined ? 'nothing' : 'subgid')
  if (ranges !== undefined) writeFileSync(subgid, ranges)
  return { group: groups, passwd: users, subgid }
}
const empty = `root:x:0:\nkeys:x:${gid}:\nothers:x:${gid + 1}:someone\n`
const faultOf = (group: string, passwd?: string, groups: readonly number[] = [4711]) => {
  const found = attestationOf(chage, groups, databases(group, passwd))
  return found.kind === 'unsound' ? found.fault : found.kind
}

t.test('a setgid file of root in an empty group is sound', async (t) => {
  t.strictSame(attestationOf(chage, [4711], databases(empty)), { kind: 'sound', group: gid, path: chage })
})

t.test('a group that anybody else can be in is not', async (t) => {
  t.equal(faultOf(`keys:x:${gid}:mallory\n`), 'the group keys has members: mallory')
  t.equal(faultOf(`keys:x:${gid}\n`), 'the group keys has members: a line of it is broken')
  t.match(faultOf(empty, `mallory:x:1000:${gid}::/:/bin/sh\n`), 'is that of the user mallory')
  t.match(faultOf(empty, undefined, [4711, gid]), 'this user is in its group')
  t.match(faultOf('root:x:0:\n'), /does not stand once/)
  t.match(faultOf(`${empty}more:x:${gid}:mallory\n`), /does not stand once/, 'a second line may have members')
})

t.test('a group that a user may map into a namespace of theirs is not', async (t) => {
  const kindWith = (ranges: string) => attestationOf(chage, [4711], databases(empty, undefined, ranges)).kind
  t.equal(kindWith(`mallory:${gid}:1\n`), 'unsound')
  t.equal(kindWith(`a:100000:65536\nmallory:0:${gid + 1}\n`), 'unsound')
  t.equal(kindWith(`a:100000:65536\nb:0:${gid}\nc:${gid + 1}:9\n\n`), 'sound')
})

t.test('a file that others can change, or that is on the way of others, is not', async (t) => {
  const copy = join(folder, 'sget')
  copyFileSync(chage, copy)
  t.strictSame(attestationOf(copy, [], databases(empty)), { kind: 'absent' }, 'a copy is not setgid')
  chmodSync(copy, 0o2755)
  t.match(attestationOf(copy, [], databases(empty)), { kind: 'unsound' })
  const link = join(folder, 'link')
  symlinkSync(chage, link)
  t.strictSame(attestationOf(link, [], databases(empty)), { kind: 'absent' })
  t.strictSame(attestationOf(join(folder, 'nothing'), []), { kind: 'absent' })
  t.match(attestationOf(chage, [], { group: '/no/such', passwd: '/no/such', subgid: '/no/such' }), {
    kind: 'unsound',
  })
})

t.test('a fingerprint tells two lines apart, and nothing to who has not its key', async (t) => {
  const [one, other] = [fingerprinter(), fingerprinter()]
  t.equal(one('a'), one('a'))
  t.not(one('a'), one('b'))
  t.not(one('a'), other('a'))
  t.match(one('a'), /^[0-9a-f]{32}$/)
})
