// A human who proved it on a terminal is asked again there once either clock says that they were away for long.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { Instance, passphrase } from '../rig/instance.ts'
import { jumps, land, type Jump } from '../rig/jump.ts'
import { programsWith } from '../rig/programs.ts'
import { atLogin } from '../rig/terminal.ts'
import { testUser } from '../rig/users.ts'

const rule = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read"]\napproval = "proof"\n'
t.setTimeout(120_000)
const bin = join(await programsWith('jumping-program.ts'), 'bin')
const instance = await Instance.create(rule, testUser(), bin)
t.teardown(() => {
  instance.remove()
  rmSync(dirname(bin), { recursive: true })
})
await instance.put('dev/db', 'the-value!')

const read = `X="$(${join(bin, 'sget')} --home ${instance.home} dev/db)"; echo "got $\{#X}"\n`

/** The file is of root, and the folder of the user. */
const jumpTo = (to: Jump): string =>
  `rm -f ${instance.home}/jump; echo '${JSON.stringify(to)}' >${instance.home}/jump`

for (const [name, to] of Object.entries(jumps))
  t.test(`when ${name}, a terminal on which it was proved is asked again`, async (t) => {
    land(instance)
    const seen = await atLogin('sget-test', [
      ['$ ', read],
      ['assphrase', `${passphrase}\n`],
      ['got 10', read],
      ['got 10', `${jumpTo(to)}; ${read}`],
      ['assphrase', '\x03'],
    ])
    t.equal(seen.stdout.split('assphrase').length, 3, 'twice: at first, and after the jump')
    t.equal(seen.stdout.split('got 10').length, 3)
  })
