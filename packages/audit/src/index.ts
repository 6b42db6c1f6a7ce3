// The audit log: written before anything leaves, forward secure, and checked line by line.
export { AuditFailure, type AuditCode } from './failure.ts'
export { type AuditRecord, type Event, type Path, type Place, type StoredRecord } from './record.ts'
export { type Head, type Log, type LogOptions, openLog } from './log.ts'
export { type Clock, type Sync } from './sync.ts'
export {
  type Expectation,
  type Followed,
  type Reached,
  type Verification,
  type VerifyOptions,
  verify,
} from './verify.ts'
export { type Start, startOf } from './start.ts'
export { type BadPlace, type Harm } from './harm.ts'
export { type Seeds, type Unclosed } from './epochs.ts'
export { type TailEntry, tail } from './tail.ts'
export { records } from './records.ts'
export { Coalescer } from './coalesce.ts'
export { archivesIn, archiveName, logFileBytesMax, logName, removeArchives } from './files.ts'
export { expiredOf, keptMs, mayHaveExpired } from './retention.ts'
export { type Anchor, type Comparison, compareAnchors, formatAnchor, parseAnchor } from './anchors.ts'
