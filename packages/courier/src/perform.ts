// One job: what a vault is asked, and what is told of its answer.
import type { Description } from '@sget/backend'
import { rowsMax } from '@sget/wire/framing'
import type { Answer } from './answer.ts'
import { NetworkFailure, VaultFailure } from './failure.ts'
import { namesBytesMax, namesMax, type Body, type VaultJob, type VaultJobName } from './messages.ts'
import { unpack } from './oidc/tokens.ts'
import type { Purse } from './purse.ts'
import type { Admission, Harvest, Lease, Lent, Remote } from './remote.ts'

/** So many bytes of names are in one message: it has to fit a frame. */
const pageBytesMax = 48 * 1024

/** What a job of that name is done with. */
interface Task<N extends VaultJobName> {
  readonly remote: Remote
  readonly lent: Lent
  readonly purse: Purse
  readonly answer: Answer
  /** How long a human may take who has to sign in. */
  readonly loginMs: number
  readonly body: Body<N>
}

type Performers = { readonly [N in VaultJobName]: (task: Task<N>) => Promise<void> }

const performers: Performers = {
  list: async ({ remote, lent, answer, body }) => tellNames(answer, await remote.list(lent, body.folder)),
  describe: async ({ remote, lent, answer, body }) =>
    tellDescription(answer, await remote.describe(lent, body.path)),
  fetch: async ({ remote, lent, answer, body }) => giveHarvest(answer, await remote.fetch(lent, body.path)),
  health: ({ remote, lent }) => remote.health(lent),
  rotate: ({ remote, lent, body }) => able(remote.rotate?.(lent, body.path)),
  renew: async ({ remote, lent, answer, body }) =>
    tellLease(answer, await able(remote.renew?.(lent, body.lease))),
  release: ({ remote, lent, body }) => able(remote.release?.(lent, body.lease)),
  login: async ({ remote, lent, purse, answer, loginMs }) => {
    const proof = { bearer: bearerOf(lent), secret: purse.get('secret') }
    const seconds = Math.ceil(loginMs / 1000)
    const invite = (url: string): void => answer.say('invited', { url, code: '', seconds })
    await giveAdmission(answer, await able(remote.login?.(lent, proof, { invite, loginMs })))
  },
  prolong: async ({ remote, lent, answer }) => giveAdmission(answer, await able(remote.prolong?.(lent))),
  logout: ({ remote, lent }) => able(remote.logout?.(lent)),
}

/** Does a job. Rejects with NetworkFailure, VaultFailure or SsoFailure; anything else is a bug. */
export async function perform(job: VaultJob, given: Omit<Task<VaultJobName>, 'body'>): Promise<void> {
  const performer = performers[job.name] as (task: Task<VaultJobName>) => Promise<void>
  await performer({ ...given, body: job.body })
}

/** A vault that checks who signed in wants the id token, which is made for that; some want the access token. */
function bearerOf({ session, settings }: Lent): Buffer | undefined {
  if (session === undefined) return undefined
  const { id, access } = unpack(session)
  return settings.get('bearer') === 'access' ? access : id
}

/** What a kind of vault does not do is a failure of its own. */
async function able<Result>(done: Promise<Result> | undefined): Promise<Result> {
  if (done === undefined) throw new VaultFailure('unable', 'this kind of vault cannot do that')
  return await done
}

function tellNames(answer: Answer, names: readonly string[]): void {
  const allBytes = names.reduce((total, name) => total + Buffer.byteLength(name), 0)
  if (names.length > namesMax || allBytes > namesBytesMax)
    throw new NetworkFailure('too-large', 'the folder has too many names')
  let page: { name: string }[] = []
  let bytes = 0
  for (const name of names) {
    if (page.length === rowsMax || bytes > pageBytesMax) {
      answer.say('names', { names: page })
      page = []
      bytes = 0
    }
    page.push({ name })
    bytes += Buffer.byteLength(name)
  }
  answer.say('names', { names: page })
}

function tellDescription(answer: Answer, { path, created, changed, fields }: Description): void {
  answer.say('description', {
    path,
    created,
    changed,
    fields: fields.map(({ name, bytes }) => ({ name, sized: bytes !== undefined, bytes: bytes ?? 0 })),
  })
}

async function giveHarvest(answer: Answer, fetched: Harvest): Promise<void> {
  using harvest = fetched
  const { fields, version, lease } = harvest
  for (const field of fields) await answer.give(field, (into) => harvest.copy(field, into))
  if (version !== undefined) answer.say('version', { version })
  if (lease !== undefined) tellLease(answer, lease)
}

function tellLease(answer: Answer, { id, seconds, renewable }: Lease): void {
  answer.say('leased', { lease: id, seconds, renewable })
}

async function giveAdmission(answer: Answer, admitted: Admission): Promise<void> {
  using admission = admitted
  const { token, seconds, renewable } = admission
  await answer.give('token', (into) => (token.length > into.length ? undefined : token.copy(into)))
  answer.say('admitted', { seconds, renewable })
}
