import { buildSync } from 'esbuild'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import {
  ancestor,
  bootMillis,
  bootTicks,
  children,
  closeDescriptor,
  credentials,
  directory,
  executable,
  exited,
  exposure,
  guard,
  harden,
  lock,
  openFile,
  peer,
  pidfdOpen,
  readers,
  script,
  sendDatagram,
  started,
  state,
  toldFile,
  tracer,
  unchanged,
  watch,
  type Watched,
} from '../src/index.ts'
import { TestJournal } from '../../../test/rig/journal.ts'
import { Theatre } from './stage.ts'

const theatre = new Theatre()
t.teardown(() => theatre.close())

const pidMax = 4194304
const isRoot = process.getuid?.() === 0
const source = fileURLToPath(new URL('../src/index.ts', import.meta.url))

const descriptorOf = (socket: Socket) => (socket as unknown as { _handle: { fd: number } })._handle.fd

/** Statements for a node process that may use this package. */
const nodeScript = (text: string) => `import * as native from ${JSON.stringify(source)}\n${text}`

t.test('what is no pid or descriptor is a bug of the caller', (t) => {
  for (const wrong of [-1, 1.5, NaN, 2 ** 31, '1' as unknown as number]) {
    t.throws(() => ancestor(wrong), TypeError)
    t.throws(() => watch(wrong), TypeError)
    t.throws(() => started(wrong), TypeError)
    t.throws(() => openFile(process.pid, wrong), TypeError)
    t.throws(() => peer(wrong), TypeError)
    t.throws(() => readers(0, 1n, [wrong]), TypeError)
  }
  t.throws(() => readers(0, 1 as unknown as bigint), TypeError)
  t.throws(() => script(process.pid, { valued: ['-x'.repeat(400)], inlined: [] }), TypeError)
  t.end()
})

t.test('of a pid that nobody has nothing is known', (t) => {
  for (const pid of [0, pidMax + 1]) {
    t.equal(ancestor(pid), undefined)
    t.equal(watch(pid), undefined)
    t.equal(exposure(pid), undefined)
    t.equal(started(pid), undefined)
    t.equal(state(pid), undefined)
    t.equal(children(pid), undefined)
    t.equal(executable(pid), undefined)
    t.equal(directory(pid), undefined)
    t.equal(script(pid, { valued: [], inlined: [] }), undefined)
    t.equal(credentials(pid), undefined)
    t.equal(guard(pid), undefined)
    t.equal(tracer(pid), undefined)
    t.equal(openFile(pid, 1), undefined)
    t.same(readers(0, 1n, [pid]), { readers: [], unseen: 1 })
  }
  t.equal(pidfdOpen(pidMax - 1), undefined)
  t.end()
})

t.test('a descriptor that is no socket has no peer', (t) => {
  const file = openSync('/dev/null', 'r')
  t.throws(() => peer(file), { code: 'ENOTSOCK' })
  closeSync(file)
  t.throws(() => peer(file), { code: 'EBADF' })
  t.throws(() => exited(file), { code: 'EBADF' })
  t.throws(() => lock(file), { code: 'EBADF' })
  t.throws(
    () => {
      closeDescriptor(file)
    },
    { code: 'EBADF' },
  )
  t.end()
})

t.test('the peer of a socket is the process that connected, also when it has gone', async (t) => {
  const path = join(theatre.folder, 'socket')
  const server = createServer({ pauseOnConnect: true }).listen(path)
  await once(server, 'listening')
  const client = spawn(process.execPath, ['-e', `net.connect(${JSON.stringify(path)})`])
  const [socket] = (await once(server, 'connection')) as [Socket]
  const found = peer(descriptorOf(socket))
  t.equal(found?.pid, client.pid)
  t.equal(found?.uid, process.getuid?.())
  t.equal(found?.gid, process.getgid?.())
  const pidfd = found && found.pidfd >= 0 ? found.pidfd : pidfdOpen(client.pid ?? 0)
  t.ok(pidfd !== undefined && pidfd >= 0)
  t.equal(exited(pidfd ?? -1), false)
  client.kill('SIGKILL')
  await once(client, 'exit')
  t.equal(exited(pidfd ?? -1), true, 'the pidfd tells')
  const late = peer(descriptorOf(socket))
  t.ok(late === undefined || late.pidfd === -1 || exited(late.pidfd), 'nobody is there any more')
  for (const open of [pidfd, late?.pidfd]) if (open !== undefined && open >= 0) closeDescriptor(open)
  socket.destroy()
  server.close()
})

t.test('a process tells its parent, which is older, its terminal and its user', async (t) => {
  const before = bootTicks()
  const pid = await theatre.start(theatre.puppet, []).pid()
  const found = ancestor(pid)
  t.match(found, { pid, parent: process.pid, startTicks: started(pid), uid: process.getuid?.(), terminal: 0 })
  t.ok(before <= (started(pid) ?? 0) && (started(pid) ?? Infinity) <= bootTicks(), 'ticks are of one clock')
  t.ok((ancestor(process.pid)?.startTicks ?? Infinity) <= (found?.startTicks ?? 0))
  t.equal(ancestor(1)?.parent, 0)
})

t.test('a process tells its children and whether it sleeps', async (t) => {
  const play = theatre.script('$P & $P & wait')
  const pids = [await play.pid(), await play.pid()].sort((a, b) => a - b)
  t.same(children(play.child.pid ?? 0), pids)
  t.equal(children(pids[0] ?? 0), undefined)
  t.equal(state(process.pid), 'R', 'this one runs')
  play.child.kill('SIGSTOP')
  while (state(play.child.pid ?? 0) !== 'T') await new Promise(setImmediate)
  t.pass('a stopped one is told')
})

t.test('a name with spaces and parentheses does not shift what is read', async (t) => {
  const name = join(theatre.folder, 'a) S 1 (2')
  copyFileSync(theatre.puppet, name)
  const play = theatre.start(name, [])
  const pid = await play.pid()
  t.equal(ancestor(pid)?.parent, process.pid)
  t.match(credentials(pid), {
    name: 'a) S 1 (2',
    uids: { real: process.getuid?.(), saved: process.getuid?.() },
  })
})

t.test('a name cannot forge a line of what /proc says', async (t) => {
  const name = join(theatre.folder, 'x\nUid:\t0\t0\t0\t0')
  copyFileSync(theatre.puppet, name)
  const pid = await theatre.start(name, []).pid()
  t.equal(credentials(pid)?.uids.real, process.getuid?.())
  t.equal(tracer(pid), 0)
})

/** Watches a process until the end of the test. */
function watching(t: Test, pid: number): Watched {
  const watched = watch(pid)
  if (watched === undefined) throw new Error('nobody to watch')
  t.teardown(() => {
    closeDescriptor(watched.descriptor)
  })
  return watched
}

const byFile = ({ descriptor, fileMark }: Watched) => [descriptor, 0, fileMark]
const byImage = ({ descriptor, imageMark }: Watched) => [descriptor, 1, imageMark]
const isUnchanged = (...rows: number[][]) => unchanged(Float64Array.from(rows.flat()))

t.test('a watch tells when a process executes, its image also when it executes itself', async (t) => {
  const play = theatre.script('echo $$ >&3; read x; exec sh -c \'echo $$ >&3; read x; exec "$P"\'')
  const pid = await play.pid()
  const shell = watching(t, pid)
  t.same(shell.ancestor, ancestor(pid))
  t.ok(isUnchanged(byFile(shell)) && isUnchanged(byImage(shell)))
  play.child.stdin?.write('\n')
  t.equal(await play.pid(), pid, 'the shell again')
  t.notOk(isUnchanged(byImage(shell)))
  const again = watching(t, pid)
  t.not(again.fileMark, 0)
  play.child.stdin?.write('\n')
  t.equal(await play.pid(), pid, 'the puppet')
  t.notOk(isUnchanged(byFile(again)))
  t.notOk(isUnchanged(byImage(again)))
})

t.test('a watch tells when the process has gone, and of several when one is not what it was', async (t) => {
  const plays = [theatre.start(theatre.puppet, []), theatre.start(theatre.puppet, [])]
  const pids = await Promise.all(plays.map((play) => play.pid()))
  const [one, other] = pids.map((pid) => watching(t, pid))
  if (one === undefined || other === undefined) throw new Error('nobody to watch')
  t.ok(isUnchanged(byFile(one), byImage(other)))
  t.ok(isUnchanged())
  t.notOk(isUnchanged(byFile(one), [other.descriptor, 0, other.fileMark + 1]))
  t.notOk(isUnchanged([other.descriptor, 0, 0]), 'a hidden file is none')
  t.notOk(unchanged(Float64Array.of(one.descriptor)), 'half a row')
  t.throws(() => unchanged([1] as unknown as Float64Array), TypeError)
  await plays[1]?.end()
  t.notOk(isUnchanged(byFile(other)))
  t.notOk(isUnchanged(byImage(other)))
  t.notOk(isUnchanged(byFile(one), byFile(other)))
  t.ok(isUnchanged(byFile(one)))
})

t.test('the directory is where a process works, unless its name is no text', async (t) => {
  t.equal(directory(process.pid), process.cwd())
  const place = mkdtempSync(join(realpathSync(tmpdir()), 'sget-place-'))
  t.teardown(() => rmSync(place, { recursive: true }))
  const odd = Buffer.concat([Buffer.from(`${place}/`), Buffer.from([0xff])])
  mkdirSync(odd)
  const there = async (name: string): Promise<string | undefined> => {
    const child = spawn('/bin/bash', ['-c', `cd ${name} && echo in && read`], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data')
    const found = directory(child.pid ?? 0)
    child.stdin.end()
    return found
  }
  t.equal(await there(place), place)
  t.equal(await there(`${place}/$'\\xff'`), undefined)
})

t.test('the executable is what runs, not what it calls itself', async (t) => {
  const copy = join(theatre.folder, 'claude')
  copyFileSync(theatre.puppet, copy)
  const pid = await theatre.start('bash', ['-c', `exec -a /usr/bin/psql ${copy}`]).pid()
  const { ino, dev } = fstatSync(openSync(copy, 'r'), { bigint: true })
  const found = {
    path: copy,
    deleted: false,
    elsewhere: false,
    inode: ino,
    device: Number(dev),
    uid: process.getuid?.() ?? -1,
  }
  t.match(executable(pid), found)
  t.equal((executable(pid)?.mode ?? 0) & constants.S_IXUSR, constants.S_IXUSR)
  rmSync(copy)
  t.match(executable(pid), { ...found, deleted: true }, 'a deleted file keeps its path')
})

t.test('a file whose name ends in (deleted) is not deleted', async (t) => {
  const copy = join(theatre.folder, 'bash (deleted)')
  copyFileSync(theatre.puppet, copy)
  t.match(executable(await theatre.start(copy, []).pid()), { path: copy, deleted: false })
  const pid = await theatre.start(copy, []).pid()
  rmSync(copy)
  t.match(executable(pid), { path: copy, deleted: true }, 'until it is')
})

t.test('what another mount namespace calls a file is told as its name there', async (t) => {
  const place = fileURLToPath(new URL('../../../test/rig/elsewhere.py', import.meta.url))
  const path = '/usr/local/bin/bash (deleted)'
  const play = theatre.start('/usr/bin/python3', [place, `${path}=${theatre.puppet}`, '--', `@${path}`])
  const pid = await play.pid().catch(() => undefined)
  if (pid === undefined) t.pass('elsewhere', { skip: 'this machine forbids user namespaces' })
  else t.match(executable(pid), { path, deleted: false, elsewhere: true })
})

t.test('the script of an interpreter is its first operand and nothing behind it', async (t) => {
  const flags = { valued: ['-r', '--import'], inlined: ['-e', '-m'] }
  const of = async (...words: string[]) => {
    const pid = await theatre
      .start('bash', ['-c', 'exec -a idle "$@"', 'bash', theatre.puppet, ...words])
      .pid()
    return script(pid, flags)
  }
  const directory = theatre.folder
  t.same(await of('a.js', '--token=hush'), { argument: 'a.js', directory })
  t.same(await of('--flag', '-r', 'x', '--import', '-e', '/b.js', '-m'), { argument: '/b.js', directory })
  t.same(await of('--', '-e'), { argument: '-e', directory })
  t.equal(await of(), undefined)
  t.equal(await of('-r'), undefined)
  t.equal(await of('-r', 'x'), undefined)
  t.equal(await of('-e', 'a.js'), undefined)
  t.equal(await of('-r', '--', '-m', 'a.js'), undefined)
  t.equal(await of('-', 'a.js'), undefined)
  t.equal(await of(''), undefined)
  t.equal(await of('--flag=' + 'x'.repeat(4096), 'a.js'), undefined, 'what stands far back is not found')
  t.equal(await of('y'.repeat(4096)), undefined, 'nor is what is cut')
})

t.test('what a process hides is told: a tracer, another user namespace, closed memory', async (t) => {
  const plain = await theatre.start(theatre.puppet, []).pid()
  t.same(guard(plain), { tracer: 0, userNamespace: 'ours' })
  t.same(exposure(plain), isRoot ? { tracer: 0 } : { tracer: 0, dumpable: true })
  const traced = await theatre.start(theatre.puppet, ['traced']).pid()
  t.equal(guard(traced)?.tracer, process.pid)
  t.equal(exposure(traced)?.tracer, process.pid)
  t.equal(tracer(traced), process.pid)
  const closed = await theatre.start(theatre.puppet, ['closed']).pid()
  t.match(guard(closed), { userNamespace: isRoot ? 'ours' : 'hidden' })
  t.same(exposure(closed), isRoot ? { tracer: 0 } : { tracer: 0, dumpable: false })
  if (!isRoot) t.equal(executable(closed), undefined)
  if (!isRoot) t.equal(directory(closed), undefined)
  t.equal(ancestor(closed)?.uid, process.getuid?.(), 'its user is known all the same')
  const watched = watching(t, closed)
  t.equal(watched.fileMark === 0, !isRoot)
  t.ok(isUnchanged(byImage(watched)))
})

t.test('a process of another user namespace is foreign', async (t) => {
  const line = await theatre.start(theatre.puppet, ['userns']).line()
  if (line.startsWith('cannot')) t.pass('foreign', { skip: 'this machine forbids user namespaces' })
  else t.match(guard(Number(line))?.userNamespace, /^(?:foreign|hidden)$/)
})

t.test('a descriptor is what the kernel says, not what its name says', async (t) => {
  const fifo = join(theatre.folder, 'pipe:[1]')
  execFileSync('mkfifo', [fifo])
  const file = join(theatre.folder, 'file')
  const of = async (redirection: string) =>
    openFile(await theatre.start('bash', ['-c', `exec ${theatre.puppet} ${redirection}`]).pid(), 1)
  t.match(await of(`1>${file}`), { kind: 'file', access: 'write', path: file })
  t.match(await of(`1<>${file}`), { kind: 'file', access: 'both' })
  t.match(await of(`1<${file}`), { kind: 'file', access: 'read' })
  t.match(await of(`1<>'${fifo}'`), { kind: 'fifo', access: 'both', path: fifo })
  t.match(await of('1>/dev/null'), { kind: 'null', access: 'write' })
  t.match(await of('1>/dev/zero'), { kind: 'other' })
  t.match(await of('1</tmp'), { kind: 'other' })
  t.equal(await of('1>&-'), undefined)
  t.match(await of('1>&3'), { kind: 'socket' })
  const terminal = openFile(await theatre.start(theatre.puppet, ['pty']).pid(), 1)
  t.match(terminal, { kind: 'terminal', access: 'both', path: /^\/dev\// })
})

t.test('what a process tells of a descriptor is taken as what the kernel tells of it', async (t) => {
  const file = join(theatre.folder, 'told')
  for (const redirection of [
    `1>${file}`,
    `1<>${file}`,
    '1>/dev/null',
    '1>/dev/zero',
    '1</tmp',
    '1>&3',
    '| cat',
  ]) {
    const actor = theatre.start('bash', ['-c', `${theatre.puppet} ${redirection}`])
    const pid = await actor.pid()
    const { dev, ino: inode, rdev, mode } = statSync(`/proc/${pid}/fd/1`, { bigint: true })
    const found = openFile(pid, 1)
    const access = ['read', 'write', 'both'].indexOf(found?.access ?? '')
    const numbers = { device: Number(dev), inode, special: Number(rdev), mode: Number(mode), access }
    t.strictSame(toldFile({ ...numbers, path: found?.path ?? '' }), found, redirection)
  }
  const pipe = { device: 15, inode: 7n, special: 0, mode: 0o010600, access: 1, path: '' }
  t.equal(toldFile(pipe).kind, 'fifo', 'a pipe without its name is none')
  t.equal(toldFile({ ...pipe, access: 3 }).access, 'none')
  t.equal(toldFile({ ...pipe, mode: 0o020600, special: 2 ** 32 - 1 }).kind, 'other')
})

t.test(
  'the readers of a pipe are those that hold its read end, and they are told from its writers',
  async (t) => {
    const play = theatre.script('($P; true) | $P')
    const pids = [await play.pid(), await play.pid()]
    const [writer = 0, reader = 0] = openFile(pids[0] ?? 0, 1)?.kind === 'pipe' ? pids : pids.toReversed()
    const pipe = openFile(writer, 1)
    t.match(pipe, { kind: 'pipe', access: 'write', path: `pipe:[${String(pipe?.inode)}]` })
    t.match(openFile(reader, 0), { kind: 'pipe', access: 'read', inode: pipe?.inode })
    const { device = 0, inode = 0n } = pipe ?? {}
    const parents = [ancestor(writer)?.parent ?? 0, process.pid]
    t.same(
      readers(device, inode, parents),
      { readers: [], unseen: readers(0, 0n, parents).unseen },
      'no ancestor',
    )
    t.same(readers(device, inode).readers, [{ pid: reader, writes: false }], 'of all processes one')
    t.same(readers(device + 1, inode).readers, [], 'not on another device')
    t.same(readers(device, inode + 1n).readers, [], 'nor of another pipe')
    t.same(readers(device, inode, []), { readers: [], unseen: 0 })
  },
)

t.test('who holds both ends of a pipe is a reader that writes', async (t) => {
  const pid = await theatre
    .start('bash', ['-c', `exec 4> >(:) 4<>/proc/self/fd/4; exec ${theatre.puppet}`])
    .pid()
  const { device = 0, inode = 0n, access } = openFile(pid, 4) ?? {}
  t.equal(access, 'both')
  t.same(readers(device, inode, [pid]).readers, [{ pid, writes: true }])
})

t.test('a lock is held by one, and ends with it, however it ends', async (t) => {
  const path = join(theatre.folder, 'lock')
  writeFileSync(path, '')
  const ours = openSync(path, 'r')
  const text = `import { openSync } from 'node:fs'
    console.log(native.lock(openSync(${JSON.stringify(path)}, 'r'))); setInterval(() => {}, 1000)`
  const holder = spawn(process.execPath, ['--input-type=module', '-e', nodeScript(text)])
  const [said] = (await once(holder.stdout, 'data')) as [Buffer]
  t.equal(said.toString(), 'true\n')
  t.equal(lock(ours), false)
  holder.kill('SIGKILL')
  await once(holder, 'exit')
  t.equal(lock(ours), true)
  t.equal(lock(openSync(path, 'r')), false, 'also against ourselves')
})

t.test('a hardened process leaves no core and is closed to its user', async (t) => {
  const text = 'native.harden(); console.log(process.pid); process.stdin.resume()'
  const child = spawn(process.execPath, ['--input-type=module', '-e', nodeScript(text)])
  const [said] = (await once(child.stdout, 'data')) as [Buffer]
  const pid = Number(said.toString())
  t.match(readFileSync(`/proc/${pid}/limits`, 'utf8'), /^Max core file size +0 +0 /m)
  t.not(exposure(pid)?.dumpable, true)
  t.equal(exposure(pid)?.tracer, 0)
  if (!isRoot) t.throws(() => openSync(`/proc/${pid}/mem`, 'r'), { code: 'EACCES' })
  if (!isRoot) t.throws(() => openSync(`/proc/${pid}/environ`, 'r'), { code: 'EACCES' })
  child.stdin.end()
  await once(child, 'exit')
  t.type(harden, 'function')
})

t.test('the clocks count from boot and agree', (t) => {
  const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))
  const [ticks, millis] = [bootTicks(), bootMillis()]
  t.ok(Math.abs(millis / 1000 - ticks / ticksPerSecond) < 1)
  t.ok(Math.abs(millis / 1000 - Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0])) < 1)
  t.end()
})

t.test('a bundle loads the addon from its own folder and nowhere else', (t) => {
  const outfile = join(theatre.folder, 'bundle.mjs')
  const contents = nodeScript('console.log(native.ancestor(1).parent === 0)')
  const resolveDir = theatre.folder
  buildSync({ stdin: { contents, resolveDir }, outfile, bundle: true, platform: 'node', format: 'esm' })
  const run = () => spawnSync(process.execPath, [outfile], { encoding: 'utf8' })
  t.match(run().stderr, /native\.node/)
  copyFileSync(
    fileURLToPath(new URL('../../../build/lib/native.node', import.meta.url)),
    join(theatre.folder, 'native.node'),
  )
  t.equal(run().stdout, 'true\n')
  t.end()
})

t.test('a datagram', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'sget-datagram-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'socket')
  const bytes = Buffer.from('<85>one line')
  t.test('costs one descriptor, however many are sent and whatever becomes of them', (t) => {
    const open = readdirSync('/proc/self/fd').length
    for (let at = 0; at < 10; at += 1) t.equal(sendDatagram(path, bytes), 'ENOENT')
    t.equal(readdirSync('/proc/self/fd').length, open + 1)
    t.end()
  })
  t.test('arrives whole, and never waits for a reader', async (t) => {
    const journal = await TestJournal.bind(path)
    t.teardown(() => journal.end())
    t.equal(sendDatagram(path, bytes), undefined)
    let sent = 1
    while (sendDatagram(path, bytes) === undefined) sent += 1
    t.equal(sendDatagram(path, bytes), 'EAGAIN')
    t.equal(sendDatagram(path, Buffer.alloc(8 * 1024 * 1024)), 'EMSGSIZE')
    journal.read()
    await journal.has(sent)
    t.strictSame(journal.lines, Array<string>(sent).fill('<85>one line'))
    await journal.end()
    t.equal(sendDatagram(path, bytes), 'ECONNREFUSED', 'nobody is there any more')
  })
  t.test('does not go to a socket of another kind', async (t) => {
    const server = createServer()
    t.teardown(() => server.close())
    await new Promise<void>((resolve) => server.listen(join(folder, 'stream'), resolve))
    t.equal(sendDatagram(join(folder, 'stream'), bytes), 'EPROTOTYPE')
    t.equal(sendDatagram(folder, bytes), 'ECONNREFUSED', 'nor to what is none')
  })
  t.test('wants a path that a socket can have, and a Buffer', (t) => {
    t.equal(sendDatagram(`/${'x'.repeat(106)}`, bytes), 'ENOENT')
    for (const wrong of ['', `/${'x'.repeat(107)}`, `/${'é'.repeat(54)}`, 7 as unknown as string])
      t.throws(() => sendDatagram(wrong, bytes), TypeError)
    t.throws(() => sendDatagram(path, 'text' as unknown as Buffer), TypeError)
    t.end()
  })
})
