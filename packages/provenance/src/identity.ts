// Finds out what one process is: by its file, by root's word where the file is hidden, and by its place in the chain.
import { type Ancestor, type Executable } from '@sget/native'
import { agentAt } from './agents.ts'
import { type Facts } from './facts.ts'
import { kindByPath, kindByRootsName } from './kinds.ts'
import { type Identity, type Kind } from './process.ts'
import { scriptOf } from './scripts.ts'
import { type Shells } from './shells.ts'

const initPid = 1

/** What a process is, given what its parent was found to be. */
export function identify(
  ancestor: Ancestor,
  parent: Identity | undefined,
  facts: Facts,
  shells: Shells,
): Identity {
  const executable = facts.executable(ancestor.pid)
  const identity = executable ? byFile(ancestor, executable, facts, shells) : byName(ancestor.pid, facts)
  return { ...identity, kind: kindInPlace(identity, ancestor, parent) }
}

function byFile({ pid, uid }: Ancestor, executable: Executable, facts: Facts, shells: Shells): Identity {
  const { path, elsewhere } = executable
  const named = elsewhere ? { executable: path, elsewhere } : { executable: path }
  const agent = agentAt(path)
  if (agent) return { ...named, kind: 'agent', agent }
  const kind = kindByPath(executable, uid)
  if (kind === 'interpreter') return { ...named, ...byScript(pid, path, facts) }
  return { ...named, kind: kind ?? (shells.has(executable) ? 'shell' : 'program') }
}

function byScript(
  pid: number,
  executable: string,
  facts: Facts,
): Pick<Identity, 'kind' | 'script' | 'agent'> {
  const script = scriptOf(pid, executable, facts)
  if (script === undefined) return { kind: 'interpreter' }
  const agent = agentAt(script)
  return agent ? { kind: 'agent', script, agent } : { kind: 'interpreter', script }
}

function byName(pid: number, facts: Facts): Identity {
  const credentials = facts.credentials(pid)
  const name = credentials?.name ?? ''
  const isRoots = credentials !== undefined && Object.values(credentials.uids).every((uid) => uid === 0)
  return { kind: (isRoots ? kindByRootsName(name) : undefined) ?? 'hidden', executable: `(${name})` }
}

/**
 * Three are known by where they stand: pid 1; the process that sshd leaves below itself, with the uid of the one who
 * logged in; and systemd's own for each user, which holds a capability and so is hidden from that user.
 */
function kindInPlace({ kind, executable }: Identity, { pid, parent }: Ancestor, above?: Identity): Kind {
  if (pid === initPid && kind !== 'agent' && kind !== 'shell') return 'init'
  if (above?.kind === 'login' && /(?:^\(|\/)sshd(?:-session)?\)?$/.test(executable)) return 'login'
  if (kind === 'hidden' && executable === '(systemd)' && parent === initPid) return 'session-manager'
  return kind
}
