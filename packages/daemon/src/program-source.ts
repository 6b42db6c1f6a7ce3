// Secrets that a program prints: nothing to sign in to, nothing to list, one field each.
import { access, constants } from 'node:fs/promises'
import { BackendFailure, type Description } from '@sget/backend'
import type { Keep } from '@sget/memory'
import { Refusal } from '@sget/wire/broker'
import type { Lease } from './courier.ts'
import { provide, providedField, type ProviderOptions } from './provider.ts'
import type { Source } from './source.ts'

/** A provider as a source. What a path names is known only to it: each has the one field. */
export class ProgramSource implements Source {
  readonly login = 'none'
  readonly isReady = true
  readonly #options: ProviderOptions

  constructor(options: ProviderOptions) {
    this.#options = options
  }

  ready(): Promise<void> {
    return Promise.resolve()
  }

  list(): Promise<readonly string[]> {
    return Promise.resolve([])
  }

  describe(path: string): Promise<Description> {
    return Promise.resolve({ path, created: 0, changed: 0, fields: [{ name: providedField }] })
  }

  async gather(path: string, keep: Keep, signal: AbortSignal): Promise<undefined> {
    await provide(this.#options, path, keep, signal)
  }

  async health(): Promise<void> {
    try {
      await access(this.#options.command, constants.X_OK)
    } catch {
      throw new BackendFailure('unreachable', `${this.#options.command} cannot be run`)
    }
  }

  rotate(): Promise<never> {
    return Promise.reject(new Refusal('vault-unable'))
  }

  renew(): Promise<Lease> {
    return Promise.reject(new BackendFailure('unreachable', 'what a program prints has no lease'))
  }

  release(): Promise<void> {
    return Promise.resolve()
  }

  sweep(): void {
    // Nothing of it ends by itself.
  }

  leave(): Promise<void> {
    return Promise.resolve()
  }
}
