// What Node cannot do: peers, processes and their descriptors as the kernel knows them, locks, hardening.
export { activation, listening, type Activation, type Listening } from './activation.ts'
export { sendDatagram } from './datagram.ts'
export {
  openFile,
  readers,
  toldFile,
  type OpenFile,
  type OpenKind,
  type Reader,
  type Readers,
  type Told,
} from './descriptor.ts'
export { closeDescriptor, exited, peer, peerUid, pidfdOpen, type Peer } from './peer.ts'
export {
  ancestor,
  children,
  credentials,
  directory,
  executable,
  exposure,
  fieldsOfRow,
  guard,
  script,
  started,
  state,
  tracer,
  unchanged,
  watch,
  type Ancestor,
  type Credentials,
  type Executable,
  type Exposure,
  type Flags,
  type Guard,
  type Operand,
  type Watched,
} from './process.ts'
export { bootMillis, bootTicks, endWithParent, harden, lock } from './system.ts'
