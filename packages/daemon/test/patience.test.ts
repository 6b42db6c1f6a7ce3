// How long a connection may keep the daemon waiting. The clock is the test's own.
import t, { type Test } from 'tap'
import { plainIdleMs } from '../src/limits.ts'
import { Patience } from '../src/patience.ts'

/** A clock that stands still until it is moved. */
function clock(t: Test): (byMs: number) => void {
  const real = performance.now.bind(performance)
  let now = real()
  performance.now = () => now
  t.teardown(() => (performance.now = real))
  return (byMs) => (now += byMs)
}

t.test('a connection that asks for nothing is let go after ten minutes', (t) => {
  const move = clock(t)
  const patience = new Patience()
  patience.greeted(false)
  move(plainIdleMs)
  t.notOk(patience.isOver(false))
  move(1)
  t.ok(patience.isOver(false))
  t.notOk(patience.isOver(true), 'but not while it is being answered')
  t.end()
})

t.test('one that was given a run stays, as long as it does not begin what it does not end', (t) => {
  const move = clock(t)
  const patience = new Patience()
  patience.greeted(false)
  patience.stay()
  move(100 * plainIdleMs)
  t.notOk(patience.isOver(false))
  patience.heard(0, true)
  move(plainIdleMs)
  t.ok(patience.isOver(false))
  t.end()
})
