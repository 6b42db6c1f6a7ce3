// What the courier takes from sgetd, and that each job is answered once.
import { setImmediate } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { wipe } from '@sget/memory'
import { InboxOf } from '@sget/wire/framing'
import { Desk } from '../src/desk.ts'
import { VaultFailure } from '../src/failure.ts'
import {
  codes,
  courierTable,
  isJob,
  isSessionJob,
  messages,
  ssoCodes,
  type Mount,
  type Received,
} from '../src/messages.ts'
import type { Harvest, Lent, Remote } from '../src/remote.ts'

const encode: typeof courierTable.encode = (name, id, body) => courierTable.encode(name, id, body)
const mount: Mount = {
  kind: 'shelf',
  settings: [{ name: 'url', value: 'https://vault.example' }],
  ca: '',
  proxy: '',
  loopbackHttp: false,
}

function lend(id: number, as: string, secret: string): Buffer {
  const frame = Buffer.alloc(256)
  const body = { as, secret: Buffer.from(secret) }
  const { secretAt, end } = courierTable.encodeAround(frame, 'lend', id, body)
  body.secret.copy(frame, secretAt)
  return frame.subarray(0, end)
}

/** A vault whose secrets have the credential for their value, and that can be made to wait. */
function shelf(): Remote & { readonly seen: Lent[]; readonly waits: Set<() => void> } {
  const seen: Lent[] = []
  const waits = new Set<() => void>()
  const harvest = (value: string): Harvest => ({
    fields: ['a', 'b'],
    version: 3,
    lease: undefined,
    copy: (field, into) => into.write(`${field}=${value}`),
    [Symbol.dispose]: () => undefined,
  })
  return {
    seen,
    waits,
    list: async () => ['x', 'y/'],
    describe: async () => {
      throw new VaultFailure('deleted', 'gone')
    },
    fetch: async (lent, path) => {
      seen.push(lent)
      if (path === 'slow') await new Promise<void>((resolve) => waits.add(resolve))
      return harvest(lent.credential?.toString() ?? 'nothing')
    },
    health: async () => undefined,
  }
}

/** A desk, what is said to it, and what it answers, as it comes. */
class Counter {
  readonly remote = shelf()
  readonly heard: string[] = []
  readonly #desk: Desk

  constructor() {
    const room = Buffer.alloc(1024)
    const inbox = new InboxOf(courierTable, () => room)
    const hear = ({ name, id, body }: Received): void => {
      const said = 'secret' in body ? Buffer.from(body.secret).toString() : JSON.stringify(body)
      this.heard.push(`${id} ${name} ${said}`)
    }
    this.#desk = new Desk(new Map([['shelf', this.remote]]), (frame, written) => {
      inbox.feed(frame, hear)
      written?.()
    })
  }

  async say(...frames: readonly Buffer[]): Promise<boolean> {
    const isExpected = this.#desk.receive(Buffer.concat(frames))
    await setImmediate()
    return isExpected
  }

  /** What it answered since. */
  take(): string[] {
    return this.heard.splice(0)
  }
}

const fetch = (id: number, path = 'db'): Buffer => encode('fetch', id, { ...mount, path })
const room = (id: number): Buffer => encode('room', id, {})
const cancel = (id: number): Buffer => encode('cancel', id, {})

t.test('a secret is offered, and sent when there is room for it', async (t) => {
  const counter = new Counter()
  t.ok(await counter.say(lend(1, 'credential', 'hvs.one'), fetch(1)))
  t.strictSame(counter.take(), ['1 offer {"name":"a","bytes":9}'])
  t.ok(await counter.say(room(1)))
  t.strictSame(counter.take(), ['1 value a=hvs.one', '1 offer {"name":"b","bytes":9}'])
  t.ok(await counter.say(room(1)))
  t.strictSame(counter.take(), ['1 value b=hvs.one', '1 version {"version":3}', '1 done {}'])
  t.match(counter.remote.seen[0]?.settings, new Map([['url', 'https://vault.example']]))
  const wiped = Buffer.from('hvs.one')
  wipe(wiped)
  t.strictSame(counter.remote.seen[0]?.credential, wiped, 'what was lent is wiped')
})

t.test('what was lent for one job serves no other', async (t) => {
  const counter = new Counter()
  await counter.say(lend(1, 'credential', 'hvs.one'), fetch(2))
  await counter.say(room(2))
  t.match(counter.take(), [
    '2 offer {"name":"a","bytes":9}',
    '2 value a=nothing',
    '2 offer {"name":"b","bytes":9}',
  ])
  await counter.say(cancel(1), cancel(2))
  t.strictSame(counter.take(), [`1 failed {"code":${codes.cut}}`, `2 failed {"code":${codes.cut}}`])
})

t.test('a failure crosses as its number', async (t) => {
  const counter = new Counter()
  await counter.say(encode('describe', 1, { ...mount, path: 'x' }), encode('logout', 2, mount))
  await counter.say(
    encode('health', 3, { ...mount, kind: 'none' }),
    encode('list', 4, { ...mount, folder: '' }),
  )
  t.strictSame(counter.take().sort(), [
    `1 failed {"code":${codes.deleted}}`,
    `2 failed {"code":${codes.unable}}`,
    `3 failed {"code":${codes.unable}}`,
    '4 done {}',
    '4 names {"names":[{"name":"x"},{"name":"y/"}]}',
  ])
})

t.test('a job that nobody wants is answered at once, and never again', async (t) => {
  const counter = new Counter()
  await counter.say(lend(1, 'credential', 'hvs.one'), fetch(1, 'slow'))
  t.strictSame(counter.take(), [])
  t.ok(await counter.say(cancel(1)))
  t.strictSame(counter.take(), [`1 failed {"code":${codes.cut}}`])
  for (const goOn of counter.remote.waits) goOn()
  await setImmediate()
  t.ok(await counter.say(room(1), cancel(1)), 'what crossed its end on the way')
  t.strictSame(counter.take(), [])
})

t.test('what sgetd does not say ends it', async (t: Test) => {
  const twice = encode('fetch', 1, { ...mount, path: 'slow' })
  const wrong: Readonly<Record<string, readonly Buffer[]>> = {
    'no message': [Buffer.alloc(9, 0xff)],
    'a reply': [encode('done', 1, {})],
    ready: [encode('ready', 0, {})],
    'a job under an id that is in flight': [twice, twice],
    'something lent that has no name': [lend(1, 'password', 'x')],
    'something lent twice': [lend(1, 'session', 'x'), lend(1, 'session', 'y')],
    'room for nothing': [twice, room(1)],
  }
  for (const [what, frames] of Object.entries(wrong)) t.notOk(await new Counter().say(...frames), what)
})

t.test('the tables say what they should', (t) => {
  const types = Object.values(messages).map(({ type }) => type)
  t.equal(new Set(types).size, types.length, 'each message has a number of its own')
  const failures = [...Object.values<number>(codes), ...Object.values<number>(ssoCodes)]
  t.equal(new Set(failures).size, failures.length, 'and each failure')
  for (const [name, { type, fields }] of Object.entries(messages)) {
    t.equal(courierTable.nameOf(type), name)
    t.equal('secret' in fields, ['lend', 'value'].includes(name), `${name} carries a secret or not`)
    const sample = { name, id: 1, body: {} } as unknown as Received
    const isAboutSession = ['signIn', 'refresh', 'revoke'].includes(name)
    t.equal(isJob(sample), type <= 0x0a || isAboutSession, name)
    if (isJob(sample)) t.equal(isSessionJob(sample), isAboutSession, name)
  }
  t.end()
})

t.test('a frame that is cut, or longer than its fields, is none', (t) => {
  const whole = encode('list', 7, { ...mount, folder: 'a/' })
  const head = courierTable.readHead(whole)
  if ('malformed' in head) throw new Error(head.malformed)
  const body = whole.subarray(9)
  t.match(courierTable.readBody(head, body), { name: 'list', id: 7, body: { folder: 'a/', kind: 'shelf' } })
  for (let length = 0; length < body.length; length++)
    t.match(courierTable.readBody(head, body.subarray(0, length)), { malformed: 'truncated' })
  t.match(courierTable.readBody(head, Buffer.concat([body, Buffer.alloc(1)])), { malformed: 'trailing' })
  t.throws(() => encode('list', 7, { ...mount, folder: 'x'.repeat(4097) }), RangeError)
  t.throws(() => encode('lend' as 'list', 7, { ...mount, folder: '' }))
  t.end()
})
