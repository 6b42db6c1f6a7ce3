// A session's hold on its agent.
import { ancestor } from '@sget/native'
import t from 'tap'
import { AgentSession } from '../src/sessions.ts'

const clock = { bootMs: () => 0, wallMs: () => 0, ticks: () => 0, bootId: () => '' }

t.test('a session begins with that very process, not with another that has its pid by now', (t) => {
  const self = ancestor(process.pid)
  if (self === undefined) throw new Error('we are not here')
  const root = { ...self, kind: 'program', executable: process.execPath } as const
  const begin = (startTicks: number) =>
    new AgentSession('s', { root: { ...root, startTicks }, server: [] }, clock)
  const session = begin(root.startTicks)
  t.ok(session.isAlive)
  session.close()
  t.throws(() => begin(root.startTicks - 1), /ended the connection/)
  t.end()
})
