// The fields of one answer, and the lease that it came with.
import { copyValue, numberOf, textOf, type Place } from '../json.ts'
import type { Harvest, Lease } from '../remote.ts'
import type { Told } from './asking.ts'

/** What stands at a pointer in an answer, as fields. A field that is null is none. The harvest ends the answer. */
export function harvestAt(told: Told, ...pointer: readonly string[]): Harvest {
  const table = told.at(...pointer)
  const entries: ReadonlyMap<string, Place> = table?.kind === 'table' ? table.entries : new Map()
  const fields = [...entries].filter(([, { kind }]) => kind !== 'null').map(([name]) => name)
  return {
    fields,
    version: numberAt(told, 'data', 'metadata', 'version'),
    lease: leaseOf(told),
    copy: (field, into) => {
      const place = entries.get(field)
      return place && copyValue(told.bytes, place, into)
    },
    [Symbol.dispose]: () => told[Symbol.dispose](),
  }
}

/** KV version 1 gives a duration without a lease: that is a hint for caches and no lease. */
export function leaseOf(told: Told): Lease | undefined {
  const id = textAt(told, 'lease_id') ?? ''
  if (id === '') return undefined
  return { id, seconds: numberAt(told, 'lease_duration') ?? 0, renewable: isTrue(told, 'renewable') }
}

export function textAt(told: Told, ...pointer: readonly string[]): string | undefined {
  const place = told.at(...pointer)
  return place && textOf(told.bytes, place)
}

export function numberAt(told: Told, ...pointer: readonly string[]): number | undefined {
  const place = told.at(...pointer)
  return place && numberOf(told.bytes, place)
}

/** Whether the word at a pointer is `true`. */
export function isTrue(told: Told, ...pointer: readonly string[]): boolean {
  const place = told.at(...pointer)
  return (
    place?.kind === 'word' && place.end - place.start === 'true'.length && told.bytes[place.start] === 0x74
  )
}

/** The names in the table at a pointer. */
export function namesAt(told: Told, ...pointer: readonly string[]): readonly string[] {
  const place = told.at(...pointer)
  return place?.kind === 'table' ? [...place.entries.keys()] : []
}

/** The texts in the list at a pointer. */
export function textsAt(told: Told, ...pointer: readonly string[]): readonly string[] {
  const place = told.at(...pointer)
  const items = place?.kind === 'list' ? place.items : []
  return items.map((item) => textOf(told.bytes, item)).filter((text) => text !== undefined)
}

/** The time at a pointer, wall clock milliseconds; 0 where there is none. */
export function timeAt(told: Told, ...pointer: readonly string[]): number {
  const time = Date.parse(textAt(told, ...pointer) ?? '')
  return Number.isNaN(time) ? 0 : time
}
