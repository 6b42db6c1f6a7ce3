// How a daemon and a vault begin, also when several begin them at once.
import { join } from 'node:path'
import t from 'tap'
import { Instance, passphrase, programs } from './rig/instance.ts'
import { run } from './rig/process.ts'

// Each opening of a vault takes Argon2 its time, and most tests open several.
t.setTimeout(180_000)

const times = <T>(count: number, make: () => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, make))

t.test('of several who make a vault at once one does, and the others are told', async (t) => {
  const instance = Instance.empty()
  t.teardown(() => instance.remove())
  const words = ['first of all', 'second of all', 'third of all']
  const made = await Promise.all(
    words.map((passphrase) => instance.sget(['unlock', '--new', '--passphrase-fd', '3'], { passphrase })),
  )
  t.same(made.map(({ code }) => code).sort(), [0, 68, 68])
  for (const { code, stderr } of made) if (code !== 0) t.match(stderr, /there is a vault already/)
  const winner = words[made.findIndex(({ code }) => code === 0)] ?? ''
  await instance.learnPid()
  await instance.sgetctl(['lock'])
  for (const passphrase of words) {
    const { code } = await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase })
    t.equal(
      code === 0,
      passphrase === winner,
      `${passphrase}: only the one who was told that it worked opens it`,
    )
    await instance.sgetctl(['lock'])
  }
})

t.test('several who unlock at once get the one daemon that there is', async (t) => {
  const instance = await Instance.create()
  t.teardown(() => instance.remove())
  await instance.stop()
  const unlocked = await times(4, () => instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }))
  for (const { code, stderr } of unlocked) t.match({ code, stderr }, { code: 0, stderr: '' })
  await instance.learnPid()
  t.match(await instance.status(), { locked: false })
  const starts = instance.audit().filter(({ event }) => event === 'started')
  t.equal(starts.length, 2, 'one before and one now')
})

t.test('a second daemon in the foreground is refused, with the reason', async (t) => {
  const instance = await Instance.create()
  t.teardown(() => instance.remove())
  const second = await run(join(programs, 'sgetd'), ['--home', instance.home])
  t.equal(second.code, 1)
  t.match(second.stderr, /another sgetd serves this instance already/)
  const detached = await run(join(programs, 'sgetd'), ['--detach', '--home', instance.home])
  t.match(detached, { code: 0, stderr: '' }, 'but who only wants that one runs has it')
})

t.test(
  'a new passphrase of less than eight bytes is refused, of a vault and of a new word for it',
  async (t) => {
    const instance = Instance.empty()
    t.teardown(() => instance.remove())
    const short = await instance.sget(['unlock', '--new', '--passphrase-fd', '3'], { passphrase: 'seven77' })
    await instance.learnPid()
    t.match(short, { code: 76 })
    t.match(short.stderr, /8 bytes or more/)
    t.match(
      await instance.sget(['unlock', '--passphrase-fd', '3'], { passphrase }),
      { code: 68 },
      'nothing was made',
    )
  },
)
