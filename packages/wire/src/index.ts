// The protocol as seen by programs that cannot carry a value.
export { connect, Connection, type ConnectOptions, type Heed, type Reply, type ReplyOf } from './client.ts'
export { failures, type FailureName, type FailureRow } from './failures.ts'
export * from './limits.ts'
export { level, type Body, type PlainName } from './messages.ts'
export { instancePaths, isSocketPath, vaultName, type Paths } from './paths.ts'
export { defaultField, formatRef, isField, isPath, parseRef, type Ref } from './ref.ts'
export { failureHint, failureOfNumber, failureText, Refusal } from './refusal.ts'
export { defaultVariable, isSafeVariable, obeyedNames, obeyedPrefixes } from './variable.ts'
