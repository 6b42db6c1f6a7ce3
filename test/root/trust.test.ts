// Whether root alone can change a program: each way in which another user could, on real files.
import { chmodSync, chownSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { isRootsAlone } from '../../packages/daemon/src/trust.ts'
import { stranger } from '../rig/users.ts'

// Not below /tmp, where everybody may write.
const place = mkdtempSync('/opt/sget-trust-')
chmodSync(place, 0o755)
t.teardown(() => rmSync(place, { recursive: true, force: true }))

/** A program in a folder of its own; returns both. */
function made(name: string): { folder: string; file: string } {
  const folder = join(place, name)
  mkdirSync(folder)
  const file = join(folder, 'program')
  copyFileSync('/usr/bin/true', file)
  chmodSync(file, 0o755)
  return { folder, file }
}

t.test('a program of root, in folders of root, under any name of root', (t) => {
  for (const path of ['/usr/bin/env', '/bin/sh', made('plain').file]) t.ok(isRootsAlone(path), path)
  const { folder, file } = made('linked')
  symlinkSync(file, join(place, 'absolute'))
  symlinkSync('linked/program', join(place, 'relative'))
  symlinkSync('../linked/./program', join(folder, 'round'))
  symlinkSync('linked', join(place, 'by-folder'))
  for (const name of ['absolute', 'relative', 'linked/round', 'by-folder/program'])
    t.ok(isRootsAlone(join(place, name)), name)
  const { file: group } = made('group')
  chownSync(group, 0, stranger)
  t.ok(isRootsAlone(group), 'whose group may only read it')
  t.end()
})

t.test('not one that somebody else can write, replace, or lead elsewhere', (t) => {
  const refused = (path: string, why: string): void => {
    t.notOk(isRootsAlone(path), why)
  }
  for (const [mode, why] of [
    [0o775, 'its group can write it'],
    [0o757, 'all can write it'],
  ] as const) {
    const { folder, file } = made(`file-${mode}`)
    chmodSync(file, mode)
    refused(file, why)
    chmodSync(file, 0o755)
    chmodSync(folder, mode)
    refused(file, `${why}, by its folder`)
    chmodSync(folder, 0o1777)
    refused(file, 'its folder is shared')
  }
  const owned = made('owned')
  chownSync(owned.file, stranger, 0)
  refused(owned.file, 'it is of somebody else')
  const above = made('above')
  chownSync(above.folder, stranger, 0)
  refused(above.file, 'its folder is of somebody else')
  symlinkSync(above.file, join(place, 'into'))
  refused(join(place, 'into'), 'a link of root leads into it')
  symlinkSync('/usr/bin/true', join(above.folder, 'out'))
  refused(join(above.folder, 'out'), 'a link lies in it')
  symlinkSync(join(above.folder, 'out'), join(place, 'through'))
  refused(join(place, 'through'), 'a link of root leads through it')
  symlinkSync('/usr/bin', join(above.folder, 'bin'))
  refused(join(above.folder, 'bin/true'), 'a linked folder lies in it')
  t.end()
})

t.test('not what is no file, or is not there', (t) => {
  symlinkSync('loop', join(place, 'loop'))
  for (const path of [
    '',
    'usr/bin/env',
    './env',
    '/',
    '/usr/bin',
    '/dev/null',
    '/usr/bin/no-such',
    join(place, 'loop'),
  ])
    t.notOk(isRootsAlone(path), path)
  t.notOk(isRootsAlone('/usr/bin/env\0x'))
  t.notOk(isRootsAlone(`/${'x/'.repeat(5000)}`))
  t.end()
})
