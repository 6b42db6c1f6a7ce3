// Providers that are programs: what they print is a value, and nothing else of them counts.
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { BackendFailure, valueBytesMax } from '@sget/backend'
import { Pool, Receiver } from '@sget/memory'
import { provide, providedField } from '../src/provider.ts'

const folder = mkdtempSync(join(tmpdir(), 'sget-provider-'))
t.teardown(() => rmSync(folder, { recursive: true }))
const receiver = new Receiver()
const pools = new Pool({ frameBytes: valueBytesMax + 4096, frames: 1 })
let programs = 0

function program(script: string): string {
  const path = join(folder, `provider-${++programs}`)
  writeFileSync(path, `#!/bin/bash\n${script}\n`)
  chmodSync(path, 0o755)
  return path
}

/** What came, as text, or the code of the failure. */
async function given(
  command: string,
  path = 'db/prod',
  waitMs = 5000,
  signal = new AbortController().signal,
): Promise<string> {
  let kept = 'none'
  const keep = (field: string, value: Buffer): void => {
    t.equal(field, providedField)
    kept = value.toString()
  }
  try {
    await provide({ command, receiver, pools, waitMs }, path, keep, signal)
  } catch (error) {
    if (!(error instanceof BackendFailure)) throw error
    t.equal(kept, 'none')
    return error.code
  }
  return kept
}

t.test('what it prints is the value, without a newline at its end', async (t) => {
  t.equal(await given(program('printf %s "value of $1"')), 'value of db/prod')
  t.equal(await given(program('echo x')), 'x')
  t.equal(await given(program('printf "x\\n\\n"')), 'x\n')
  t.equal(await given(program('printf "\\0a"')), '\0a')
  t.equal(await given(program(':')), '')
  t.equal(
    await given(program('printf %s "$1"'), '$(id) ; `x` "\'--help'),
    '$(id) ; `x` "\'--help',
    'no shell reads the path',
  )
})

t.test('as much as a value may have, and no more', async (t) => {
  const largest = await given(program(`head -c ${valueBytesMax} /dev/zero | tr '\\0' x`))
  t.equal(largest.length, valueBytesMax)
  t.equal(
    (await given(program(`head -c ${valueBytesMax} /dev/zero | tr '\\0' x; echo`))).length,
    valueBytesMax,
  )
  t.equal(await given(program(`head -c ${valueBytesMax + 1} /dev/zero`)), 'too-large')
  t.equal(await given(program('yes')), 'too-large', 'one that does not stop is stopped')
})

t.test('it says no by its status, and nothing that it printed counts', async (t) => {
  t.equal(await given(program('echo secret; exit 1')), 'not-found')
  t.equal(await given(program('echo secret; kill -9 $$')), 'unreachable')
  t.equal(await given(join(folder, 'absent')), 'unreachable')
  const plain = program(':')
  chmodSync(plain, 0o644)
  t.equal(await given(plain), 'unreachable')
})

t.test('one that takes too long ends, and so does all that it started', async (t) => {
  const left = join(folder, 'left')
  t.equal(await given(program(`(sleep 0.5; touch ${left}) & sleep 60`), 'x', 200), 'unreachable')
  t.equal(await given(program(`echo x; (exec >/dev/null; sleep 0.5; touch ${left}) &`)), 'x')
  const abort = new AbortController()
  setTimeout(() => abort.abort(), 50)
  t.equal(
    await given(program(`sleep 60; touch ${left}`), 'x', 5000, abort.signal),
    'unreachable',
    'nobody waits any more',
  )
  await delay(700)
  t.notOk(existsSync(left))
})

t.test('it sees an environment of its own, no terminal and no input', async (t) => {
  process.env['LD_LIBRARY_PATH'] = '/hostile'
  t.teardown(() => delete process.env['LD_LIBRARY_PATH'])
  const seen = await given(program('env; cat; tty; pwd; ls -l /proc/$$/fd | grep -c socket'))
  t.match(seen, /^HOME=\//m)
  t.notMatch(seen, /^LD_|=\/hostile$/m)
  t.match(seen, /not a tty\n\/\n/)
})

t.test(
  'one that dribbles does not hold the memory for long, and where there is none it is said',
  async (t) => {
    t.equal(await given(program('echo x; sleep 4; echo y')), 'unreachable')
    const held = pools.tryLoan()
    t.equal(await given(program('echo x')), 'busy')
    held?.[Symbol.dispose]()
    t.equal(await given(program('echo x')), 'x')
  },
)
