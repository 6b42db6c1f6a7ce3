// What the daemon knows of a vault, whichever it is.
export {
  type Backend,
  type Description,
  type FieldDescription,
  type FieldRef,
  type Health,
  type PutOptions,
  type Summary,
  fieldsMax,
  valueBytesMax,
} from './backend.ts'
export { BackendFailure, type BackendCode } from './failure.ts'
export { chooseField } from './choice.ts'
export {
  Distant,
  absentMax,
  absentMs,
  lifetimeMs,
  type DistantOptions,
  type Fetched,
  type Freshness,
  type Gather,
  type Meaning,
} from './distant.ts'
export { Packing, packedField } from './packing.ts'
