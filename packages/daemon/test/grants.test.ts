// Where grants are kept: against a plain list of all of them.
import fc from 'fast-check'
import t from 'tap'
import { askFor, isLive, lapse, revoke, type Grant, type Instant } from '@sget/policy'
import { Grants } from '../src/grants.ts'
import { endedGrantsMax } from '../src/limits.ts'

const now: Instant = { bootMs: 1000, wallMs: 1000, ticks: 1 }

function granted(id: string, session: string): Grant {
  const request = {
    id,
    session,
    secretHash: Buffer.alloc(32),
    root: { pid: 1, startTicks: 1 },
    freshPath: true,
  }
  return askFor({ ...request, fields: [], level: 'none', uses: 1, ttlMs: 1000 }, now)
}

const ids = (grants: Iterable<Grant>): string[] => [...grants].map(({ id }) => id).sort()

t.test('an ended grant is forgotten after so many others, a live one never', async (t) => {
  const grants = new Grants()
  grants.put(granted('live', 's'))
  grants.put(revoke(granted('first', 's')))
  for (let at = 1; at < endedGrantsMax; at++) grants.put(revoke(granted(`ended ${at}`, 's')))
  t.match(grants.all.get('first'), { state: 'revoked' })
  grants.put(revoke(granted('one more', 's')))
  t.equal(grants.all.get('first'), undefined)
  t.match(grants.all.get('ended 1'), { state: 'revoked' })
  t.match(grants.all.get('live'), { state: 'granted' })
  t.equal(grants.all.size, endedGrantsMax + 1)
  t.equal(grants.liveCount, 1)
})

t.test('the one whose last step is longest ago comes first', async (t) => {
  const grants = new Grants()
  for (const id of ['a', 'b', 'c']) grants.put(granted(id, 's'))
  grants.put(revoke(granted('a', 's')))
  t.strictSame([...grants.all.keys()], ['b', 'c', 'a'])
})

t.test('live ones are those that a look at all would find', async (t) => {
  const sessions = ['s1', 's2', 's3']
  const anyStep = fc.record({
    id: fc.integer({ min: 0, max: 12 }).map(String),
    step: fc.constantFrom('open', 'revoke', 'lapse'),
  })
  const asListed = fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
    const grants = new Grants()
    const list = new Map<string, Grant>()
    for (const { id, step } of steps) {
      const known = list.get(id)
      const late = { ...now, bootMs: 5000 }
      const next = known
        ? step === 'revoke'
          ? revoke(known)
          : lapse(known, step === 'lapse' ? late : now)
        : granted(id, sessions[Number(id) % 3] ?? '')
      list.set(id, next)
      grants.put(next)
    }
    const live = [...list.values()].filter(isLive)
    const found = [grants.live, ...sessions.map((session) => grants.liveOf(session))].map(ids)
    const meant = [live, ...sessions.map((session) => live.filter((grant) => grant.session === session))].map(
      ids,
    )
    return JSON.stringify(found) === JSON.stringify(meant) && grants.liveCount === live.length
  })
  fc.assert(asListed, { numRuns: 300 })
  t.pass('in 300 runs')
})
