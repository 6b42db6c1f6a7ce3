// Loads the compiled half of this package: from the workspace's build when run unbuilt, else from beside the bundle.
import { fileURLToPath } from 'node:url'
import { type Activation, type Listening } from './activation.ts'
import { type OpenFile, type OpenKind, type Readers } from './descriptor.ts'
import { type Peer } from './peer.ts'
import { type Credentials, type Executable, type Exposure, type Guard, type Operand } from './process.ts'

/** What addon.c registers. The functions that are fit for use as they are pass through; the others are wrapped. */
export type Addon = {
  peer(socket: number): Peer | undefined
  pidfdOpen(pid: number): number | undefined
  exited(pidfd: number): boolean
  closeDescriptor(descriptor: number): void
  ancestor(pid: number, into: Float64Array): boolean
  watch(pid: number, into: Float64Array): number | undefined
  unchanged(rows: Float64Array): boolean
  started(pid: number): number | undefined
  children(pid: number): number[] | undefined
  state(pid: number): string | undefined
  executable(pid: number): Executable | undefined
  directory(pid: number): string | undefined
  script(pid: number, valued: string, inlined: string): Operand | undefined
  credentials(pid: number): Credentials | undefined
  tracer(pid: number): number | undefined
  guard(pid: number): Guard | undefined
  exposure(pid: number): Exposure | undefined
  kindOf(mode: number, special: number, link: string): OpenKind
  openFile(pid: number, descriptor: number): OpenFile | undefined
  readers(device: number, inode: bigint, pids: readonly number[] | undefined): Readers
  sendDatagram(path: string, bytes: Buffer): string | undefined
  lock(descriptor: number): boolean
  activation(): Activation | undefined
  listening(descriptor: number): Listening | undefined
  harden(): void
  endWithParent(): void
  bootMillis(): number
  bootTicks(): number
}

const place = import.meta.url.endsWith('/src/addon.ts') ? '../../../build/lib/native.node' : './native.node'

function load(path: string): Addon {
  const module = { exports: {} }
  process.dlopen(module, path)
  return module.exports as Addon
}

export const addon = load(fileURLToPath(new URL(place, import.meta.url)))
