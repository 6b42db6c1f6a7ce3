// Drafts that are looked at often are read seldom, and yet never told as they were before.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { instancePaths } from '@sget/wire/broker'
import { DraftReader, readDraft } from '../src/drafts.ts'

/** Longer than a change counts as recent. */
const settledMs = 2_500

const paths = instancePaths('', mkdtempSync(join(tmpdir(), 'sget-drafts-')))
t.teardown(() => rmSync(join(paths.config, '..'), { recursive: true }))
mkdirSync(paths.config)
const reader = new DraftReader()
const read = (): ReturnType<typeof readDraft> => reader.read(paths, 'policy')
const write = (text: string): void => writeFileSync(paths.policy, text, { mode: 0o600 })

t.test('a draft that was left alone is not read again', async (t) => {
  write('left alone')
  await delay(settledMs)
  const before = read()
  t.strictSame(before, { text: 'left alone' })
  t.equal(read(), before, 'the very same answer')
})

t.test('every change is seen at once', async (t) => {
  t.strictSame(read(), { text: 'left alone' })
  const { atime, mtime } = { atime: new Date(0), mtime: new Date(0) }
  const changes: [string, () => void, ReturnType<typeof readDraft>][] = [
    ['of as many bytes', () => write('left a10ne'), { text: 'left a10ne' }],
    ['and again in the same moment', () => write('left alone'), { text: 'left alone' }],
    ['another file in its place', () => replace('put there!'), { text: 'put there!' }],
    ['writable by others', () => chmodSync(paths.policy, 0o666), 'invalid'],
    ['ours again', () => chmodSync(paths.policy, 0o600), { text: 'put there!' }],
    ['a link', () => link(), 'missing'],
    ['removed', () => rmSync(paths.policy), 'missing'],
    ['a folder', () => mkdirSync(paths.policy), 'invalid'],
  ]
  for (const [name, change, expected] of changes) {
    change()
    t.strictSame(read(), expected, name)
    t.strictSame(read(), readDraft(paths, 'policy'), `${name}, as without a memory`)
  }
  rmSync(paths.policy, { recursive: true })
  write('left alone')
  utimesSync(paths.policy, atime, mtime)
  await delay(settledMs)
  t.strictSame(read(), { text: 'left alone' })
  write('left a10ne')
  utimesSync(paths.policy, atime, mtime)
  t.strictSame(read(), { text: 'left a10ne' }, 'though it bears the old time')
})

t.test('one draft is not taken for the other', async (t) => {
  t.equal(reader.read(paths, 'config'), 'missing')
})

function replace(text: string): void {
  writeFileSync(`${paths.policy}.new`, text, { mode: 0o600 })
  renameSync(`${paths.policy}.new`, paths.policy)
}

function link(): void {
  renameSync(paths.policy, `${paths.policy}.old`)
  symlinkSync(`${paths.policy}.old`, paths.policy)
}
