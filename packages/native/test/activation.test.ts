import { spawnSync } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { activation, listening } from '../src/index.ts'

const names = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES'] as const

/** What this process finds when it was told so. */
function found(pid: string | undefined, count: string | undefined) {
  const told = [pid, count, 'a:b']
  for (const [i, name] of names.entries()) if (told[i] !== undefined) process.env[name] = told[i]
  return activation()
}

const left = () => names.filter((name) => process.env[name] !== undefined)

t.test('nothing was handed over', (t) => {
  t.equal(found(undefined, undefined), undefined)
  t.end()
})

t.test('what was handed over, in its order; the variables are gone, so it is told once', (t) => {
  for (const descriptors of [[], [3], [3, 4]]) {
    t.same(found(String(process.pid), String(descriptors.length)), { descriptors })
    t.same(left(), [])
    t.equal(activation(), undefined)
  }
  t.end()
})

t.test('no program that we start inherits it', (t) => {
  t.same(found(String(process.pid), '1'), { descriptors: [3] })
  const flags = Number.parseInt(
    /flags:\t(\d+)/.exec(readFileSync('/proc/self/fdinfo/3', 'utf8'))?.[1] ?? '',
    8,
  )
  t.equal(flags & 0o2000000, 0o2000000, 'O_CLOEXEC')
  t.not(spawnSync('/bin/sh', ['-c', 'test -e /proc/self/fd/3']).status, 0)
  t.end()
})

t.test('what is meant for another process, or makes no sense, is a fault', (t) => {
  const own = String(process.pid)
  for (const [fault, cases] of Object.entries({
    foreign: [
      ['1', '1'],
      [String(process.ppid), 'junk'],
      ['0', '1'],
    ],
    malformed: [
      [undefined, '1'],
      [own, undefined],
      ['', '1'],
      ['-1', '1'],
      ['99999999999999999999', '1'],
      ['9999999999', '1'],
      [String(process.pid + 2 ** 32), '1'],
      [` ${own}`, '1'],
      [`${own}x`, '1'],
      [`0x${own}`, '1'],
      [own, ''],
      [own, '-1'],
      [own, '+1'],
      [own, '1x'],
      [own, '17'],
      [own, '4294967297'],
    ],
  }))
    for (const [pid, count] of cases) {
      t.same(found(pid, count), { fault }, `${pid} ${count}`)
      t.same(left(), [])
    }
  t.end()
})

t.test('what a descriptor is', async (t) => {
  const file = openSync('/dev/null', 'r')
  t.equal(listening(file), undefined)
  closeSync(file)
  t.equal(listening(file), undefined, 'closed')
  t.throws(() => listening(-1), TypeError)

  const path = join(tmpdir(), `sget-listening-${process.pid}`)
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(path, resolve))
  t.teardown(() => server.close())
  const { fd } = (server as unknown as { _handle: { fd: number } })._handle
  t.same(listening(fd), { family: 'unix', type: 'stream', listens: true, path })
})
