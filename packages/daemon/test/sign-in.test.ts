// Who is signed in, tested in a process without what a test runner adds to all that Node starts: behind its walls the courier
// cannot read that.
import { join } from 'node:path'
import t from 'tap'

const program = join(import.meta.dirname, 'sign-in-program.ts')
const node = ['-i', 'TAP_TIMEOUT=150', 'PATH=/usr/bin:/bin', process.execPath, '--no-warnings', program]
t.spawn('/usr/bin/env', node, { timeout: 150_000 }, 'signing in')
