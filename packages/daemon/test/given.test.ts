// What is kept of what was given, and how much agents may learn of it.
import t from 'tap'
import { Answers } from '../src/answers.ts'
import { Giving } from '../src/given.ts'
import { answersPerFieldMax, answersWindowMs, givenItemsMax, givenPlacesMax } from '../src/limits.ts'
import { Slots } from '../src/slots.ts'

const root = { pid: 7, startTicks: 9 }
const giving = (): Giving => new Giving({ grant: 'g', session: 's1', root }, 1000)
const item = (name: string, sinceMs = 1000): { ref: string; field: string; sinceMs: number } => ({
  ref: `dev/${name}`,
  field: 'password',
  sinceMs,
})

t.test('a field counts once, from when it was given last', (t) => {
  const given = giving()
  given.add(item('a', 1000), '/x', true)
  given.add(item('a', 2000), '/x', true)
  given.add({ ...item('a'), field: 'token' }, '/y', true)
  t.same(given.items, [item('a', 2000), { ...item('a'), field: 'token' }])
  t.same(given.places, ['/x', '/y'])
  t.match(given, { isWhole: true, hasRead: false, sinceMs: 1000, root })
  t.end()
})

t.test('one read among many runs is known', (t) => {
  const given = giving()
  for (const isRun of [true, false, true]) given.add(item('a'), '/x', isRun)
  t.equal(given.hasRead, true)
  t.end()
})

t.test('it says when not all of it is known', (t) => {
  t.test('beyond so many fields', (t) => {
    const given = giving()
    for (let at = 0; at < givenItemsMax; at++) given.add(item(`${at}`), '/x', true)
    t.equal(given.isWhole, true)
    given.add(item('0', 3000), '/x', true)
    t.equal(given.isWhole, true, 'one that is known takes no more room')
    given.add(item('more'), '/x', true)
    t.match(given, { isWhole: false })
    t.equal(given.items.length, givenItemsMax)
    t.end()
  })
  t.test('beyond so many directories', (t) => {
    const given = giving()
    for (let at = 0; at <= givenPlacesMax; at++) given.add(item('a'), `/${at}`, true)
    t.match(given, { isWhole: false })
    t.equal(given.places.length, givenPlacesMax)
    t.end()
  })
  t.test('where the directory cannot be told', (t) => {
    const given = giving()
    given.add(item('a'), undefined, true)
    t.match(given, { isWhole: false, places: [] })
    t.equal(given.items.length, 1)
    given.add(item('b'), '/x', true)
    t.equal(given.isWhole, false, 'for good')
    t.end()
  })
  t.end()
})

t.test('of each field so many answers are told in a while', (t) => {
  const answers = new Answers()
  const at = (ms: number): { bootMs: number; wallMs: number } => ({ bootMs: ms, wallMs: ms })
  for (let count = 0; count < answersPerFieldMax; count++) t.ok(answers.take(['a'], at(count)))
  t.notOk(answers.take(['a'], at(100)))
  t.notOk(answers.take(['b', 'a'], at(100)), 'also where others are asked about with it')
  for (let count = 0; count < answersPerFieldMax; count++)
    t.ok(answers.take(['b'], at(100)), 'which cost nothing')
  t.notOk(answers.take(['a'], at(answersWindowMs - 1)))
  t.ok(answers.take(['a'], at(answersWindowMs + answersPerFieldMax)))
  t.end()
})

t.test('slots are given up once, and those that wait come in their order', async (t) => {
  const slots = new Slots(1, 2)
  const order: string[] = []
  const first = await slots.enter()
  const waiting = ['second', 'third'].map(async (name) => {
    const leave = await slots.enter()
    order.push(name)
    return leave
  })
  t.equal(slots.enter(), undefined, 'too many wait')
  t.same(order, [])
  first?.()
  first?.()
  const second = await waiting[0]
  await new Promise((resolve) => setImmediate(resolve))
  t.same(order, ['second'], 'to give up twice lets in one')
  second?.()
  await waiting[1]
  t.same(order, ['second', 'third'])
})
