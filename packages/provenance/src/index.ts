// Who asks, on whose behalf, and where the bytes will land.
export { agentAt, type Agent } from './agents.ts'
export { type Caller, type CallerClass, type Trace } from './caller.ts'
export { type Facts } from './facts.ts'
export { isSame, labelOf, type Kind, type Label, type Named, type Process } from './process.ts'
export { type Refusal } from './refusal.ts'
export { needsFreshPath, oldestOnPath, sessionOf, type Session } from './session.ts'
export { type Sink } from './sink.ts'
export { Tracer } from './tracer.ts'
