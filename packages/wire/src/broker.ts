// The protocol as seen by the daemon: every message, secrets included. `cli` and `mcp` may not import this.
export * from './index.ts'
export type { Malformation } from './reader.ts'
export {
  encode,
  encodeAround,
  headBytes,
  isMalformed,
  readBody,
  readHead,
  type Head,
  type Received,
} from './frame.ts'
export { Inbox, type SecretRoom, type StreamFault } from './inbox.ts'
export { carriesSecret, messageOfType, messages, role } from './messages.ts'
export type { AnyMessage, MessageName, SecretName, Sender } from './messages.ts'
