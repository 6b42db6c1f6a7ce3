// What Node cannot do: peers, processes and their descriptors as the kernel knows them, locks, hardening.
export { openFile, readers, type OpenFile, type OpenKind, type Reader, type Readers } from './descriptor.ts'
export { closeDescriptor, exited, peer, peerUid, pidfdOpen, type Peer } from './peer.ts'
export {
  ancestorsMax,
  chain,
  children,
  credentials,
  executable,
  guard,
  script,
  started,
  state,
  tracer,
  type Ancestor,
  type Chain,
  type Credentials,
  type Executable,
  type Flags,
  type Guard,
  type Operand,
} from './process.ts'
export { bootMillis, bootTicks, harden, lock } from './system.ts'
