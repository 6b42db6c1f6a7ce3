// All names that a vault on the network has, folder by folder, within bounds.
import { isOver, type Instant } from '@sget/memory'
import { listedDepthMax, listedFoldersMax, listedMs, listedNamesMax } from './limits.ts'

/** Names in one folder; folders end in `/`. */
export type ListFolder = (folder: string) => Promise<readonly string[]>

/** The names of one vault, kept for a while: a list is asked for page by page. */
export class Listing {
  readonly #now: () => Instant
  #kept: { readonly names: readonly string[]; readonly since: Instant } | undefined

  constructor(now: () => Instant) {
    this.#now = now
  }

  /** The paths of all secrets, in no particular order; those that come first where there are too many. */
  async names(list: ListFolder): Promise<readonly string[]> {
    if (this.#kept && !isOver(this.#kept.since, this.#now(), listedMs)) return this.#kept.names
    const since = this.#now()
    const names = await namesBelow(list)
    this.#kept = { names, since }
    return names
  }
}

/** Folder by folder, and not deeper than it may be. */
async function namesBelow(list: ListFolder): Promise<readonly string[]> {
  const names: string[] = []
  const folders = ['']
  for (const folder of folders) {
    if (names.length >= listedNamesMax) break
    for (const name of await list(folder)) {
      const path = folder + name
      if (!path.endsWith('/')) names.push(path)
      else if (folders.length < listedFoldersMax && path.split('/').length <= listedDepthMax)
        folders.push(path)
    }
  }
  return names.slice(0, listedNamesMax)
}
