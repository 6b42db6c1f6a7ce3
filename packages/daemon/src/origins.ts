// From which repositories' env files a human has let which references be used: sealed in the vault, where no edit reaches it.
import type { Vault } from '@sget/vault'
import type { Clock } from './clock.ts'
import { originPairsMax, refusedBackOffMs } from './limits.ts'

/** A reference, as PATH#FIELD, and the root of the repository whose env file may name it. */
export interface OriginPair {
  readonly origin: string
  readonly ref: string
}

const documentName = 'origins'

/** What an open vault remembers of origins; of refusals only this opening knows. */
export class Origins {
  readonly #vault: Vault
  readonly #clock: Clock
  /** By key; the oldest first. */
  readonly #allowed: Map<string, OriginPair>
  readonly #refused = new Map<string, number>()

  constructor(vault: Vault, clock: Clock) {
    this.#vault = vault
    this.#clock = clock
    const text = vault.document(documentName)?.bytes.toString() ?? ''
    this.#allowed = new Map(parsed(text).map((pair) => [keyOf(pair), pair]))
  }

  /** All of them, the oldest first. */
  get all(): readonly OriginPair[] {
    return [...this.#allowed.values()]
  }

  /** Those of the references that no human has let be used from there yet. Without an origin there are none. */
  strangers(origin: string, refs: readonly string[]): readonly string[] {
    return origin === '' ? [] : refs.filter((ref) => !this.#allowed.has(keyOf({ origin, ref })))
  }

  /**
   * Remembers what a human allowed. Of too many the oldest are forgotten, and asked about again. What cannot be kept is
   * not remembered for this opening either.
   */
  async allow(origin: string, refs: readonly string[]): Promise<void> {
    for (const ref of refs) this.#allowed.set(keyOf({ origin, ref }), { origin, ref })
    for (const key of this.#allowed.keys()) {
      if (this.#allowed.size <= originPairsMax) break
      this.#allowed.delete(key)
    }
    try {
      await this.#keep()
    } catch (error) {
      for (const ref of refs) this.#allowed.delete(keyOf({ origin, ref }))
      throw error
    }
  }

  /** Forgets all that was allowed from there. */
  async forget(origin: string): Promise<void> {
    for (const [key, pair] of this.#allowed) if (pair.origin === origin) this.#allowed.delete(key)
    await this.#keep()
  }

  /** A human said no: nobody is asked about these again for a while. */
  refuse(origin: string, refs: readonly string[]): void {
    const now = this.#clock.bootMs()
    for (const [key, until] of this.#refused) if (until <= now) this.#refused.delete(key)
    for (const ref of refs) this.#refused.set(keyOf({ origin, ref }), now + refusedBackOffMs)
  }

  isRefused(origin: string, refs: readonly string[]): boolean {
    const now = this.#clock.bootMs()
    return refs.some((ref) => (this.#refused.get(keyOf({ origin, ref })) ?? 0) > now)
  }

  async #keep(): Promise<void> {
    await this.#vault.setDocument(documentName, Buffer.from([...this.#allowed.keys()].join(separator)))
  }
}

/** Between texts, none of which holds one. */
const separator = '\0'

function keyOf({ origin, ref }: OriginPair): string {
  return `${origin}${separator}${ref}`
}

/** Origin and reference by turns. What is none of that, as a newer program may have written it, is asked about again. */
function parsed(text: string): readonly OriginPair[] {
  const texts = text.split(separator)
  if (texts.length % 2 !== 0) return []
  return texts.flatMap((origin, at) => {
    const ref = texts[at + 1]
    return at % 2 === 0 && ref !== undefined ? [{ origin, ref }] : []
  })
}
