// When a call is made again.
import t from 'tap'
import { nextTryMs } from '../src/retry.ts'

const now = Date.parse('2026-11-22T12:00:00Z')
const wait = (
  status: number,
  tries = 1,
  retryAfter?: string,
  method = 'GET',
  random = 0.5,
): number | undefined => nextTryMs({ method, status, retryAfter }, tries, random, now)

t.test('only a GET, only of a server in trouble, and only twice', (t) => {
  for (const status of [502, 503, 504]) t.equal(wait(status), 250)
  for (const status of [200, 204, 302, 400, 403, 404, 412, 429, 472, 473, 500, 501, 505])
    t.equal(wait(status), undefined)
  for (const method of ['POST', 'PUT', 'LIST', 'DELETE']) t.equal(wait(503, 1, undefined, method), undefined)
  t.same([wait(503, 2), wait(503, 3)], [500, undefined])
  t.same([wait(503, 1, undefined, 'GET', 0), wait(503, 1, undefined, 'GET', 1)], [125, 375], 'jitter')
  t.end()
})

t.test('a server says how long, up to half a minute', (t) => {
  t.equal(wait(503, 1, '2'), 2000)
  t.equal(wait(503, 1, '30'), 30_000)
  t.equal(wait(503, 1, '31'), undefined)
  t.equal(wait(503, 1, 'Sun, 22 Nov 2026 12:00:05 GMT'), 5000)
  t.equal(wait(503, 1, 'Sun, 22 Nov 2026 13:00:00 GMT'), undefined)
  for (const odd of ['0', '-5', 'soon', '', '1e3', 'Sun, 22 Nov 2026 11:00:00 GMT'])
    t.equal(wait(503, 1, odd), 250, odd)
  t.end()
})
