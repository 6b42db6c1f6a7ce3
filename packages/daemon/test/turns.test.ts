// Who goes first when one process asks for much.
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { Turns } from '../src/turns.ts'

const busy = 11
const modest = 22

t.test('who has asked for nothing yet goes on at once', async (t) => {
  const turns = new Turns()
  t.equal(turns.take(busy), undefined)
  t.equal(turns.take(modest), undefined, 'whatever others do')
})

t.test('who asks for more waits, and has one piece done in each turn, in order', async (t) => {
  const turns = new Turns()
  const done: string[] = []
  turns.take(busy)
  for (const piece of ['first', 'second', 'third']) void turns.take(busy)?.then(() => done.push(piece))
  await Promise.resolve()
  t.same(done, [], 'not in the same turn')
  for (const expected of [['first'], ['first', 'second'], ['first', 'second', 'third']]) {
    await setImmediate()
    t.same(done, expected)
  }
})

t.test('others come between the pieces of a flood', async (t) => {
  const turns = new Turns()
  const done: string[] = []
  turns.take(busy)
  for (let piece = 0; piece < 100; piece += 1) void turns.take(busy)?.then(() => done.push('busy'))
  turns.take(modest)
  void turns.take(modest)?.then(() => done.push('modest'))
  await setImmediate()
  t.same(done.toSorted(), ['busy', 'modest'])
})

t.test('who had its piece, and nothing more to ask, goes on at once in the next turn', async (t) => {
  const turns = new Turns()
  turns.take(busy)
  t.type(turns.take(busy), Promise)
  await setImmediate()
  t.type(turns.take(busy), Promise, 'what waited is this turn’s piece')
  await setImmediate()
  await setImmediate()
  await setImmediate()
  t.equal(turns.take(busy), undefined)
})
