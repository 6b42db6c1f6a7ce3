// Which files are shells: the lines of /etc/shells, by device and inode (shells(5)).
import { readFileSync, realpathSync, statSync } from 'node:fs'
import { type Executable } from '@sget/native'
import { isRootsOwn } from './kinds.ts'

/** The list as it is now: read again when the file changes, or when a package upgrade has put a new shell in a place. */
export class Shells {
  readonly #list: string
  #readOf = ''
  #files = new Set<string>()
  #paths = new Set<string>()

  /** `list`: path of the file, /etc/shells. One that does not exist lists nothing. */
  constructor(list: string) {
    this.#list = list
  }

  /** Whether the file is a shell that root owns, or was one until an upgrade replaced it under a running process. */
  has(executable: Executable): boolean {
    if (!isRootsOwn(executable)) return false
    if (this.#isChanged()) this.#read()
    if (this.#files.has(key(executable.device, executable.inode))) return true
    if (executable.elsewhere || !this.#paths.has(executable.path)) return false
    this.#read()
    return executable.deleted || this.#files.has(key(executable.device, executable.inode))
  }

  #isChanged(): boolean {
    const now = statSync(this.#list, { throwIfNoEntry: false })
    const version = now ? `${now.ino} ${now.ctimeMs} ${now.size}` : ''
    const changed = version !== this.#readOf
    this.#readOf = version
    return changed
  }

  #read(): void {
    this.#files = new Set()
    this.#paths = new Set()
    for (const line of attempt(() => linesOf(this.#list)) ?? []) {
      const path = attempt(() => realpathSync(line))
      const file = path === undefined ? undefined : attempt(() => statSync(path, { bigint: true }))
      if (path === undefined || file === undefined) continue
      this.#paths.add(path)
      this.#files.add(key(Number(file.dev), file.ino))
    }
  }
}

/** A shell that is listed and not installed, or removed while we look, is none. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

const linesOf = (list: string) =>
  readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('/'))

const key = (device: number, inode: bigint) => `${device}:${String(inode)}`
