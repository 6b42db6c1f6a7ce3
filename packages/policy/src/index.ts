// The policy: what the rules say, what a grant is, and whether a request may be met. No clock, disk or network.
export { type PolicyError, type Position, type Reading, type Converted } from './reading.ts'
export {
  type Field,
  type Reader,
  type TableOf,
  converted,
  duration,
  either,
  flag,
  integer,
  list,
  oneOf,
  optional,
  readToml,
  required,
  table,
  text,
} from './schema.ts'
export { documentCharsMax } from './toml.ts'
export { formatDuration, parseDuration } from './duration.ts'
export { printable, quoted } from './printable.ts'
export { type Rule, namedPrograms, parseRules } from './rules.ts'
export { type Config, readConfig } from './config.ts'
export { type Mount, type MountKind, mountKeys } from './mounts.ts'
export { type TableEntry, withMount, withoutMount } from './mount-table.ts'
export { type Network } from './network.ts'
export { type Sso } from './sso.ts'
export { check, readPolicy, unanswerable } from './check.ts'
export { firstPolicy } from './first.ts'
export { difference } from './difference.ts'
export { type Glob, matches, parseGlob } from './glob.ts'
export { type CommandLine, type Pin } from './command.ts'
export { type Demand, describeDemand } from './demand.ts'
export { type Approval, type Exposure, type Permission, isRunOnly } from './permission.ts'
export { type Applied, type Caller, appliedTo } from './match.ts'
export { type Sink, type Use } from './sink.ts'
export { type RefusalCode, alarms, refusals } from './refusals.ts'
export { type Level, type Operation, needsProof, operations } from './proof.ts'
export {
  type Ask,
  type Judged,
  type Proof,
  type Refuse,
  type Release,
  type Request,
  type Verdict,
  decide,
} from './decide.ts'
export { type Asking, type GrantVerdict, type Terms, decideGrant, itemKey } from './asking.ts'
export {
  type Claim,
  type Grant,
  type GrantField,
  type GrantRequest,
  type GrantState,
  type Instant,
  type Item,
  type ProcessId,
  type Step,
  approve,
  askFor,
  askMs,
  clear,
  deny,
  isLive,
  lapse,
  liveGrants,
  liveGrantsMax,
  redeem,
  revoke,
} from './grants.ts'
export {
  type Handle,
  formatHandle,
  idBytes,
  newHandle,
  parseHandle,
  sameBytes,
  secretBytes,
} from './handle.ts'
