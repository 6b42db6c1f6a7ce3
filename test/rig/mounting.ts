// A vault on the network for an instance: what its config says of it, and the process that speaks to it.
import { chownSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { OpenBao } from '../fakes/openbao.ts'
import { passphrase, type Instance } from './instance.ts'

/** The AppRole by which an instance is let in, and its secret id, which lies in the embedded vault. */
const role = 'ci'
const roleSecret = 'own/approle'

/** Lets an instance in at a vault. */
export async function letIn(instance: Instance, bao: OpenBao, secretId: string): Promise<void> {
  bao.tokens.appRoles.set(role, secretId)
  await instance.put(roleSecret, secretId)
}

/** The table of a mount; `more`: its other keys, a line each. */
export function mountTable(bao: OpenBao, at: string, more = ''): string {
  const login = `auth = "approle"\nrole_id = "${role}"\nsecret = "${roleSecret}#password"\n`
  return `[[mount]]\nat = "${at}"\ntype = "openbao"\nurl = "${bao.origin}"\n${login}${more}`
}

/** The certificate that is trusted. */
export function networkTable({ cert }: { readonly cert: string }): string {
  return `[network]\nca = """\n${cert}"""\n`
}

/** Puts a config in force. */
export async function configure(instance: Instance, text: string): Promise<void> {
  const file = join(instance.home, 'config/config.toml')
  writeFileSync(file, text, { mode: 0o600 })
  if (instance.uid !== undefined) chownSync(file, instance.uid, instance.uid)
  const applied = await instance.sgetctl(['config', 'apply', '--passphrase-fd', '3'], { passphrase })
  if (applied.code !== 0) throw new Error(applied.stderr)
}

/** The pid of the courier of a daemon, if it has one. */
export function courierOf(daemon: number): number | undefined {
  return readdirSync('/proc')
    .map(Number)
    .find((pid) => parentOf(pid) === daemon && lineOf(pid).includes('sget-courier'))
}

/** Waits until a daemon has none. */
export async function courierGone(daemon: number): Promise<void> {
  while (courierOf(daemon) !== undefined) await delay(20)
}

function parentOf(pid: number): number | undefined {
  const [, parent] = /\) \S (\d+)/.exec(read(`/proc/${pid}/stat`)) ?? []
  return parent === undefined ? undefined : Number(parent)
}

const lineOf = (pid: number): string => read(`/proc/${pid}/cmdline`)

/** Of a process that has ended there is nothing to be read. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
