// Checks of what was left behind, where it takes root to see: the memory of sgetd, and a human who logged in.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { Agent } from '../rig/agent.ts'
import { Instance, programs } from '../rig/instance.ts'
import { end } from '../rig/process.ts'
import { atLogin } from '../rig/terminal.ts'
import { testUser } from '../rig/users.ts'

const uid = testUser()
const policy = '[[rule]]\nsecrets = ["dev/**"]\nexposure = ["run", "read"]\napproval = "never"\n'
const instance = await Instance.create(policy, uid)
const agent = await Agent.start(instance)
const place = mkdtempSync(join(tmpdir(), 'sget-work-'))
chownSync(place, uid, uid)
t.teardown(async () => {
  await agent.stop()
  instance.remove()
  rmSync(place, { recursive: true })
})
const { pid } = await instance.status()
const sget = `${join(programs, 'sget')} --home ${instance.home}`
const values = { short: randomBytes(24).toString('hex'), long: randomBytes(2000).toString('hex') }
for (const [name, value] of Object.entries(values)) await instance.put(`dev/${name}`, value)

/** How often each value is in the whole memory of sgetd; they go in by standard input. The first is one that is there. */
async function copies(): Promise<string> {
  const scan = spawn(process.execPath, [join(import.meta.dirname, '../rig/memscan.ts'), String(pid)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  scan.stdin.end(['sgetd 0.1.0', ...Object.values(values)].join('\n'))
  const [said] = await Promise.all([text(scan.stdout), end(scan)])
  return said
}

const onlyTheFirst = /^[1-9]\d* 0 0 copies$/m

t.test('a check leaves no copy in sgetd, nor does a text that was masked', async (t) => {
  for (const name of Object.keys(values)) {
    const given = await agent.get({ path: `dev/${name}` })
    const ran = await agent.bash(
      `cd ${place}\n${given.script}\nprintf %s "$DEV_${name.toUpperCase()}_PASSWORD" >${name}`,
    )
    t.match(ran, { code: 0 })
    const cleared = await agent.tool('clear_secret_environment_variable', { handle: given.handle })
    t.match(cleared.structuredContent, { left: 'left' })
  }
  t.match(await copies(), onlyTheFirst, 'after two checks')
  for (const name of Object.keys(values)) {
    const masked = await agent.bash(`${sget} mask <${place}/${name}`)
    t.match(masked, { code: 0, stdout: `[sget:dev/${name}#password]` })
  }
  t.match(await copies(), onlyTheFirst, 'after two texts')
})

t.test('a human sees where, without being asked, and has masked what any agent was given', async (t) => {
  writeFileSync(join(place, 'log'), `before ${values.short} after\n`)
  const seen = await atLogin('sget-test', [
    ['$ ', `${join(programs, 'sgetctl')} --home ${instance.home} grants; ${sget} status | grep -a behind\n`],
    ['2 of 2', `${sget} mask <${place}/log\n`],
  ])
  t.match(seen.stdout, /left by \w+: dev\/short#password in the file \S+\/short\s/)
  t.match(seen.stdout, /left behind +by 2 of 2 checked/)
  t.match(seen.stdout, 'before [sget:dev/short#password] after')
  t.notMatch(seen.stdout, values.short)
})
