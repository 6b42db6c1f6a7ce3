// A secret's field, as people read it.
import type { Item } from '@sget/policy'
import { formatRef } from '@sget/wire/broker'

/** `PATH#FIELD`. */
export function itemName({ ref, field }: Item): string {
  return formatRef({ path: ref, field })
}

/** The names of several, for one line of text. */
export function itemNames(items: readonly Item[]): string {
  return items.map(itemName).join(', ')
}
