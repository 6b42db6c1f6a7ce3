// Which vault a path belongs to: the embedded one, or one that the config mounts there.
import { BackendFailure, type Description, type FieldRef, type Obtained } from '@sget/backend'
import { valueBytesMax } from '@sget/wire/broker'
import type { Config } from '@sget/policy'
import type { GivenItem } from './given.ts'
import { fill, type Mounted } from './mounted.ts'
import { Mounts, type MountsOptions } from './mounts.ts'
import { refusalOf } from './refusals.ts'
import type { Inviting } from './sign-in.ts'

/** A value as it was given to somebody, for who looks for it. */
export interface AsGiven {
  /** Its length, or the longest that there may be. */
  readonly bytes: number
  readonly fill: (room: Buffer) => Promise<number>
}

/** All vaults, while the embedded one is open. */
export class Vaults {
  readonly #options: MountsOptions
  #config: Pick<Config, 'mounts' | 'network'>
  #mounts: Mounts
  #parting: Promise<unknown> = Promise.resolve()

  constructor(options: MountsOptions, config: Config) {
    this.#options = options
    this.#config = config
    this.#mounts = new Mounts(options, config)
  }

  /** The mounts of the config in force. */
  get mounted(): readonly Mounted[] {
    return this.#mounts.all
  }

  /** The mount that a path belongs to; undefined where it is a path of the embedded vault. */
  at(path: string): Mounted | undefined {
    return this.#mounts.at(path)
  }

  async describe(path: string, asker: Inviting): Promise<Description> {
    return await this.#inForce(
      asker,
      () => this.at(path)?.describe(path, asker) ?? this.#options.embedded.describe(path),
    )
  }

  /**
   * The names in all vaults beside the embedded one. One that cannot be asked at once is left out, unless the pattern is for
   * nothing but what lies there.
   */
  async names(pattern: string, asker: Inviting): Promise<readonly string[]> {
    const names = await Promise.all(
      this.mounted.map(async (mounted) => {
        const isMeant = mounted.has(pattern)
        if (!isMeant && (!mounted.source.isReady || !mayMatch(pattern, mounted.mount.at))) return []
        if (isMeant) await mounted.source.ready(asker)
        return await mounted.names(asker.signal).catch((error: unknown) => {
          if (isMeant || refusalOf(error) === undefined) throw error
          return []
        })
      }),
    )
    return names.flat()
  }

  /** Gets what takes a question to a vault on the network; undefined for what the embedded vault has. */
  async obtain(path: string, freshMs: number, asker: Inviting): Promise<Obtained | undefined> {
    return await this.#inForce(asker, async () => await this.at(path)?.obtain(path, freshMs, asker))
  }

  /** Fills the beginning of `into` with a value, from what was obtained where that was needed. Returns its length. */
  async fetch(ref: FieldRef, obtained: Obtained | undefined, into: Buffer): Promise<number> {
    return obtained === undefined ? await this.#options.embedded.fetch(ref, into) : fill(obtained, ref, into)
  }

  /** A value as somebody was given it; undefined where it was replaced since, or removed, or is not kept any more. */
  async asGiven({ ref: path, field, sinceMs }: GivenItem): Promise<AsGiven | undefined> {
    const mounted = this.at(path)
    if (mounted === undefined) return await this.#stillStored(path, field, sinceMs)
    const secret = mounted.asGiven(path, sinceMs)
    const bytes = secret?.fields.get(field)
    if (secret === undefined || bytes === undefined) return undefined
    return { bytes, fill: (room) => Promise.resolve(secret.open(field, room)) }
  }

  /** Somebody has a secret in use until `letGo`. */
  hold(path: string, holder: object): void {
    this.at(path)?.hold(path, holder)
  }

  letGo(holder: object): void {
    for (const mounted of this.mounted) mounted.letGo(holder)
  }

  sweep(): void {
    this.#mounts.sweep()
  }

  /** Follows the config in force: what it says otherwise of mounts or network ends all that was kept. */
  obey(config: Config): void {
    const before = this.#config
    this.#config = config
    if (!isSame(before, config)) this.renew()
  }

  /** The session is over, and with it all that was kept and all tokens. */
  renew(): void {
    this.#end()
    this.#mounts = new Mounts(this.#options, this.#config)
  }

  /** For good. Resolves when what vaults on the network had given was given back. */
  async end(): Promise<void> {
    this.#end()
    await this.#parting
  }

  /** Asks anew where the mounts were replaced meanwhile: what came of the old ones, or ended with them, does not count. */
  async #inForce<Result>(asker: Inviting, ask: () => Promise<Result>): Promise<Result> {
    for (;;) {
      const mounts = this.#mounts
      const isReplaced = (): boolean => this.#mounts !== mounts && !asker.signal.aborted
      try {
        const result = await ask()
        if (!isReplaced()) return result
      } catch (error) {
        if (!isReplaced()) throw error
      }
    }
  }

  #end(): void {
    this.#parting = Promise.all([this.#parting, this.#mounts.end()])
  }

  async #stillStored(path: string, field: string, sinceMs: number): Promise<AsGiven | undefined> {
    const { embedded } = this.#options
    try {
      const { changed, fields } = await embedded.describe(path)
      const known = fields.find(({ name }) => name === field)
      if (known === undefined || changed > sinceMs) return undefined
      return { bytes: known.bytes ?? valueBytesMax, fill: (room) => embedded.fetch({ path, field }, room) }
    } catch (error) {
      if (error instanceof BackendFailure && error.code === 'not-found') return undefined
      throw error
    }
  }
}

/** Whether a pattern may be for something there: by its beginning up to the first wildcard. */
function mayMatch(pattern: string, at: string): boolean {
  const literal = /^[^*?[{]*/.exec(pattern)?.[0] ?? ''
  return `${at}/`.startsWith(literal) || literal.startsWith(`${at}/`)
}

function isSame(one: Pick<Config, 'mounts' | 'network'>, other: Pick<Config, 'mounts' | 'network'>): boolean {
  const told = ({ mounts, network }: typeof one): string =>
    JSON.stringify([mounts.map((mount) => ({ ...mount, settings: [...mount.settings] })), network])
  return told(one) === told(other)
}
