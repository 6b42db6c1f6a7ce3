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
export { Absences, absentMax, absentMs } from './absences.ts'
export { chooseField } from './choice.ts'
export {
  Distant,
  lifetimeMs,
  takeField,
  type DistantOptions,
  type Freshness,
  type Gather,
  type Meaning,
  type Obtained,
} from './distant.ts'
