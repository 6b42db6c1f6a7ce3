// Policy and config in force: they lie sealed in the vault, each with a generation; their files are only drafts.
import {
  firstPolicy,
  readConfig,
  readPolicy,
  type Config,
  type PolicyError,
  type Reading,
  type Rule,
} from '@sget/policy'
import type { Vault } from '@sget/vault'
import { isSafeVariable, Refusal, type Paths } from '@sget/wire/broker'
import { documentNames, DraftReader, readDraft, type DocumentName } from './drafts.ts'

/** A document as it is in force. */
export interface InForce {
  readonly generation: number
  readonly text: string
}

/** How a draft stands to what is in force. */
export interface DraftState {
  readonly name: DocumentName
  readonly generation: number
  readonly draft: 'same' | 'differs' | 'missing' | 'invalid'
}

/** What an open vault holds in force. */
export class Documents {
  readonly #vault: Vault
  readonly #inForce: Map<DocumentName, InForce>
  readonly #drafts = new DraftReader()
  #rules: readonly Rule[]
  #config: Config

  /**
   * Reads what is in force. What a newer program wrote and this one cannot read must not keep its owner out of the vault:
   * without rules everything is asked for, and a config without settings has the usual ones.
   */
  constructor(vault: Vault) {
    this.#vault = vault
    this.#inForce = new Map(documentNames.map((name) => [name, inForceIn(vault, name)]))
    const policy = readPolicy(this.inForce('policy').text)
    const config = readConfig(this.inForce('config').text, isSafeVariable)
    this.#rules = policy.ok ? policy.value : []
    this.#config = config.ok ? config.value : valid('config', readConfig('', isSafeVariable))
  }

  /** Puts the drafts in force in a new vault; where there is no draft, the first policy and an empty config. */
  static async sealFirst(vault: Vault, paths: Paths): Promise<void> {
    for (const name of documentNames) {
      const draft = readDraft(paths, name)
      if (draft === 'invalid')
        throw new Refusal('document-invalid', `the draft of ${name} is not a file of yours alone`)
      const text = draft === 'missing' ? (name === 'policy' ? firstPolicy : '') : draft.text
      check(name, text)
      await vault.setDocument(name, Buffer.from(text))
    }
  }

  get rules(): readonly Rule[] {
    return this.#rules
  }

  get config(): Config {
    return this.#config
  }

  inForce(name: DocumentName): InForce {
    return this.#inForce.get(name) ?? inForceIn(this.#vault, name)
  }

  /** Puts a text in force that `check` has passed. Returns its generation. */
  async apply(name: DocumentName, text: string): Promise<number> {
    const generation = await this.#vault.setDocument(name, Buffer.from(text))
    this.#inForce.set(name, { generation, text })
    if (name === 'policy') this.#rules = valid(name, readPolicy(text))
    else this.#config = valid(name, readConfig(text, isSafeVariable))
    return generation
  }

  /** How the drafts of an instance stand to what is in force. */
  compareDrafts(paths: Paths): DraftState[] {
    return documentNames.map((name) => {
      const { generation, text } = this.inForce(name)
      const draft = this.#drafts.read(paths, name)
      if (typeof draft === 'string') return { name, generation, draft }
      return { name, generation, draft: draft.text === text ? 'same' : 'differs' }
    })
  }
}

function inForceIn(vault: Vault, name: DocumentName): InForce {
  const document = vault.document(name)
  return { generation: document?.generation ?? 0, text: document?.bytes.toString() ?? '' }
}

/** Throws `document-invalid`, with line and column, for a text that cannot be in force. */
export function check(name: DocumentName, text: string): void {
  if (name === 'policy') valid(name, readPolicy(text))
  else valid(name, readConfig(text, isSafeVariable))
}

function valid<T>(name: DocumentName, reading: Reading<T>): T {
  if (reading.ok) return reading.value
  throw new Refusal('document-invalid', `${name}: ${told(reading.errors)}`)
}

/** The first fault, and how many more there are: an argument has to stay short. */
function told([first, ...more]: readonly PolicyError[]): string {
  return `${first?.message ?? 'not readable'}${more.length > 0 ? ` (and ${more.length} more)` : ''}`
}
