// The mounts of one config and one session: all that they keep ends together.
import { lifetimeMs } from '@sget/backend'
import { Enclave, SealedCache, type Instant, type Lender, type Receiver } from '@sget/memory'
import type { Config, Mount } from '@sget/policy'
import type { Vault } from '@sget/vault'
import { parseRef, Refusal } from '@sget/wire/broker'
import { Account, loanedField, type Way } from './account.ts'
import { instant, type Clock } from './clock.ts'
import type { Courier, Place } from './courier.ts'
import { partingMs } from './limits.ts'
import type { Logger } from './log.ts'
import { Mounted } from './mounted.ts'
import { ProgramSource } from './program-source.ts'
import { refusalOf } from './refusals.ts'
import { RemoteSource } from './remote-source.ts'
import type { Loaned } from './shift.ts'
import type { SignIn } from './sign-in.ts'
import type { Source } from './source.ts'
import { VaultLogins } from './vault-logins.ts'

/** What mounts need of the daemon. */
export interface MountsOptions {
  /** Has the secrets with which one proves oneself to other vaults. */
  readonly embedded: Vault
  readonly courier: Courier
  readonly signIn: SignIn
  readonly receiver: Receiver
  readonly pools: Lender
  readonly clock: Clock
  readonly log: Logger
}

/** Values are kept in one cache, and tokens under one key, for all of them. */
export class Mounts {
  readonly all: readonly Mounted[]
  readonly #options: MountsOptions
  readonly #cache: SealedCache
  readonly #tokens: Enclave
  readonly #logins: VaultLogins

  constructor(options: MountsOptions, { mounts, network }: Pick<Config, 'mounts' | 'network'>) {
    const { clock, log } = options
    const now = (): Instant => instant(clock)
    this.#options = options
    this.#cache = new SealedCache({ now, lifetimeMs: Math.max(0, ...mounts.map(lifetimeMs)) })
    this.#tokens = Enclave.random()
    this.#logins = new VaultLogins(() => clock.bootMs())
    const innermostFirst = [...mounts].sort((one, other) => other.at.length - one.at.length)
    this.all = innermostFirst.map((mount) => {
      const source = this.#sourceOf(mount, { kind: mount.kind, settings: mount.settings, ...network })
      return new Mounted({ mount, source, cache: this.#cache, clock, log })
    })
  }

  /** The one that a path belongs to: of two that lie in one another the inner one. */
  at(path: string): Mounted | undefined {
    return this.all.find((mounted) => mounted.has(path))
  }

  sweep(): void {
    this.#cache.sweep()
    for (const mounted of this.all) mounted.sweep()
  }

  /** No value is given any more from here on. Resolves when tokens and leases were given back, or that took too long. */
  async end(): Promise<void> {
    this.#cache.end()
    this.#logins.end(new Refusal('sso-unfinished'))
    const parting = new AbortController()
    const timer = setTimeout(() => parting.abort(new Refusal('vault-slow')), partingMs)
    await Promise.all(this.all.map((mounted) => this.#leave(mounted, parting.signal)))
    clearTimeout(timer)
    this.#tokens.destroy()
  }

  async #leave(mounted: Mounted, signal: AbortSignal): Promise<void> {
    try {
      await mounted.leave(signal)
    } catch (error) {
      const refusal = refusalOf(error)
      // What goes on after the time for it finds no key any more.
      this.#options.log.warn(
        { at: mounted.mount.at, failure: refusal?.failure ?? 'bug' },
        'a token was not given back',
      )
      if (refusal === undefined) throw error
    }
  }

  #sourceOf(mount: Mount, place: Place): Source {
    const { courier, signIn, receiver, pools, clock, log } = this.#options
    const command = mount.settings.get('command')
    if (mount.kind === 'exec' && command !== undefined) return new ProgramSource({ command, receiver, pools })
    const way = wayOf(mount)
    const account = new Account({
      at: mount.at,
      way,
      place,
      courier,
      signIn,
      logins: this.#logins,
      secret: () => this.#secretOf(mount),
      enclave: this.#tokens,
      clock,
      log,
    })
    return new RemoteSource(courier, account, way)
  }

  /** What an AppRole or a token is proved with lies in the embedded vault; a mount cannot prove itself by another one. */
  async #secretOf({ at, settings }: Mount): Promise<Loaned> {
    const { embedded } = this.#options
    const ref = parseRef(settings.get('secret') ?? '')
    if (ref?.field === undefined) throw new Refusal('mount-secret', at)
    const { path, field } = ref
    const { fields } = await embedded.describe(path)
    const known = fields.find(({ name }) => name === field)
    if (known === undefined) throw new Refusal('mount-secret', at)
    return loanedField((room) => embedded.fetch({ path, field }, room), known.bytes)
  }
}

function wayOf({ kind, settings }: Mount): Way {
  if (kind !== 'openbao') return 'session'
  const auth = settings.get('auth')
  return auth === 'oidc' || auth === 'approle' || auth === 'token' ? auth : 'jwt'
}
