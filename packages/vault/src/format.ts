// Which versions of the file this program reads. It writes the newest one only: an older file is read, and becomes one
// of the newest version with its next write, the file as it was being kept (file.ts).
import { BackendFailure } from '@sget/backend'
import { type Enclave } from '@sget/memory'
import { type Snapshot, decodeVault } from './body.ts'
import { type Header, decodeHeader, newestVersion, versionAt } from './header.ts'
import { damaged } from './unseal.ts'

/** How one version of the file is read. A new version is a row below and a fixture that was written before it. */
export interface Format {
  readonly version: number
  /** Throws BackendFailure `damaged`. */
  readonly header: (file: Buffer) => Header
  /** Throws BackendFailure `damaged`. */
  readonly body: (file: Buffer, header: Header, enclave: Enclave) => Snapshot
}

const formats: readonly Format[] = [{ version: newestVersion, header: decodeHeader, body: decodeVault }]

/** The format of a file. Throws BackendFailure `newer` for one that only a later program reads, else `damaged`. */
export function formatOf(file: Buffer): Format {
  const version = versionAt(file)
  if (version > newestVersion) throw new BackendFailure('newer', 'a newer version wrote the vault')
  const format = formats.find((known) => known.version === version)
  if (!format) throw damaged('no program ever wrote its version')
  return format
}
