// JSON as places in the bytes that it stands in. Names become strings; what they name is only ever copied, as bytes.
import { isUtf8 } from 'node:buffer'
import { copyText, endOfText, Unreadable } from './json-text.ts'
import { endOfWord } from './json-word.ts'

/** Tables and lists in one another. */
const depthMax = 32

/** Values of all kinds in one text. */
const valuesMax = 100_000

/**
 * One value, from `start` to `end` in the bytes: of a text what stands between its quotes, of the rest all of it. `word`: a
 * number, `true` or `false`.
 */
export type Place = { readonly start: number; readonly end: number } & (
  | { readonly kind: 'text' | 'word' | 'null' }
  | { readonly kind: 'list'; readonly items: readonly Place[] }
  | { readonly kind: 'table'; readonly entries: ReadonlyMap<string, Place> }
)

/**
 * Reads a whole text strictly: no name stands twice in one table, no half surrogate, nothing behind the value.
 *
 * @throws Unreadable without a piece of the text
 */
export function readJson(bytes: Buffer): Place {
  if (!isUtf8(bytes)) throw new Unreadable('it is no UTF-8')
  return new Walk(bytes).whole()
}

/** The place of the value that these names and numbers lead to (RFC 6901); undefined where there is none. */
export function placeAt(place: Place, pointer: readonly string[]): Place | undefined {
  let found: Place | undefined = place
  for (const step of pointer) found = found && stepInto(found, step)
  return found
}

function stepInto(place: Place, step: string): Place | undefined {
  if (place.kind === 'table') return place.entries.get(step)
  return place.kind === 'list' && /^(0|[1-9][0-9]{0,8})$/.test(step) ? place.items[Number(step)] : undefined
}

/**
 * Copies a value: of a text the bytes that it means, of anything else the bytes that stand there.
 *
 * @returns their number; undefined where they do not fit, and then `into` has nothing of them
 */
export function copyValue(bytes: Buffer, { kind, start, end }: Place, into: Buffer): number | undefined {
  if (kind === 'text') return copyText(bytes, start, end, into)
  return end - start > into.length ? undefined : bytes.copy(into, 0, start, end)
}

/** What is no secret, as a string. The text was checked. */
export function textOf(bytes: Buffer, { kind, start, end }: Place): string | undefined {
  return kind === 'text' ? (JSON.parse(bytes.toString('utf8', start - 1, end + 1)) as string) : undefined
}

/** What is no secret, as a number. */
export function numberOf(bytes: Buffer, { kind, start, end }: Place): number | undefined {
  const value = kind === 'word' ? Number(bytes.toString('latin1', start, end)) : NaN
  return Number.isFinite(value) ? value : undefined
}

const sign = {
  quote: 0x22,
  comma: 0x2c,
  colon: 0x3a,
  openList: 0x5b,
  closeList: 0x5d,
  openTable: 0x7b,
  closeTable: 0x7d,
} as const

const letterN = 0x6e
const blanks = new Set([0x20, 0x09, 0x0d, 0x0a])

class Walk {
  readonly #bytes: Buffer
  #at = 0
  #depth = 0
  #values = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  whole(): Place {
    const place = this.#value()
    if (this.#ahead() !== undefined) throw new Unreadable('something stands behind its end')
    return place
  }

  #value(): Place {
    if (++this.#values > valuesMax) throw new Unreadable('it has too many values')
    const next = this.#ahead()
    if (next === undefined) throw new Unreadable('it ends too early')
    if (next === sign.quote) return this.#text()
    if (next === sign.openList || next === sign.openTable) return this.#deeper(next === sign.openList)
    return this.#word()
  }

  #text(): Place {
    const start = this.#at + 1
    const end = endOfText(this.#bytes, start)
    this.#at = end + 1
    return { kind: 'text', start, end }
  }

  #word(): Place {
    const start = this.#at
    const end = endOfWord(this.#bytes, start)
    this.#at = end
    return { kind: this.#bytes[start] === letterN ? 'null' : 'word', start, end }
  }

  #deeper(isList: boolean): Place {
    if (++this.#depth > depthMax) throw new Unreadable('it is nested too deeply')
    const start = this.#at++
    const place = isList ? this.#list(start) : this.#table(start)
    this.#depth -= 1
    return place
  }

  #list(start: number): Place {
    const items: Place[] = []
    for (let more = !this.#takes(sign.closeList); more; more = this.#goesOn(sign.closeList))
      items.push(this.#value())
    return { kind: 'list', items, start, end: this.#at }
  }

  #table(start: number): Place {
    const entries = new Map<string, Place>()
    for (let more = !this.#takes(sign.closeTable); more; more = this.#goesOn(sign.closeTable)) {
      if (this.#ahead() !== sign.quote) throw new Unreadable('a name wants quotes')
      const name = textOf(this.#bytes, this.#text()) ?? ''
      if (!this.#takes(sign.colon)) throw new Unreadable('a name wants a sign.colon behind it')
      if (entries.has(name)) throw new Unreadable('a name stands twice in one table')
      entries.set(name, this.#value())
    }
    return { kind: 'table', entries, start, end: this.#at }
  }

  /** Behind a value: whether another one follows. */
  #goesOn(close: number): boolean {
    if (this.#takes(sign.comma)) return true
    if (!this.#takes(close)) throw new Unreadable('a table or list does not end')
    return false
  }

  #takes(wanted: number): boolean {
    const taken = this.#ahead() === wanted
    if (taken) this.#at += 1
    return taken
  }

  /** The next byte that is no blank; undefined at the end. */
  #ahead(): number | undefined {
    for (;;) {
      const byte = this.#bytes[this.#at]
      if (byte === undefined || !blanks.has(byte)) return byte
      this.#at += 1
    }
  }
}
