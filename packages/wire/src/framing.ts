// What another protocol of ours is made of: the frames of this one, with messages of its own.
export { InboxOf, type SecretRoomIn, type StreamFault } from './inbox.ts'
export * from './limits.ts'
export { rows, type Schema } from './schema.ts'
export {
  headBytes,
  Table,
  type AnyIn,
  type BodyIn,
  type HeadIn,
  type Messages,
  type NameIn,
  type PlainNameIn,
  type ReceivedIn,
  type SecretNameIn,
} from './table.ts'
