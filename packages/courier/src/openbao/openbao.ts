// OpenBao and HashiCorp Vault. A path is that of their own command line: MOUNT/PATH, MOUNT/creds/ROLE, MOUNT/issue/ROLE.
import { VaultFailure } from '../failure.ts'
import { jsonOf } from '../json-writing.ts'
import type { Lease, Lent, Remote } from '../remote.ts'
import { ask, tell } from './asking.ts'
import { engineAt } from './engine.ts'
import { leaseOf, namesAt } from './harvest.ts'
import { login, logout, prolong } from './login.ts'
import * as reading from './reading.ts'

export const openbao: Remote = {
  list: async (lent, folder) =>
    folder === '' ? mountsIn(lent) : reading.list(lent, await engineAt(lent, folder)),
  describe: async (lent, path) => reading.describe(lent, await engineAt(lent, path), path),
  fetch: async (lent, path) => reading.fetch(lent, await engineAt(lent, path)),
  health: (lent) => tell(lent, { path: 'sys/health', query: { standbyok: 'true', perfstandbyok: 'true' } }),
  rotate,
  renew,
  release: (lent, lease) =>
    tell(lent, { method: 'POST', path: 'sys/leases/revoke', body: jsonOf({ lease_id: lease }) }),
  login,
  prolong,
  logout,
}

/** What the token may see. */
async function mountsIn(lent: Lent): Promise<readonly string[]> {
  using told = await ask(lent, { path: 'sys/internal/ui/mounts' })
  return namesAt(told, 'data', 'secret')
}

/** Only static roles of a database: what is dynamic is new each time. */
async function rotate(lent: Lent, path: string): Promise<void> {
  const { kind, mount, rest } = await engineAt(lent, path)
  const role = /^static-creds\/(.+)$/.exec(rest)?.[1]
  if (kind !== 'database' || role === undefined)
    throw new VaultFailure('unable', 'only the static roles of a database rotate')
  await tell(lent, { method: 'POST', path: `${mount}rotate-role/${role}`, body: Buffer.from('{}') })
}

async function renew(lent: Lent, lease: string): Promise<Lease> {
  using told = await ask(lent, {
    method: 'POST',
    path: 'sys/leases/renew',
    body: jsonOf({ lease_id: lease }),
  })
  const renewed = leaseOf(told)
  if (renewed === undefined) throw new VaultFailure('refused', 'the lease was not renewed')
  return renewed
}
