// The parts of the daemon, joined once at start and handed to whoever answers a request.
import type { Lender } from '@sget/memory'
import type { Tracer } from '@sget/provenance'
import type { Paths } from '@sget/wire/broker'
import type { Attestation } from './attestation.ts'
import type { Approvals } from './approvals.ts'
import type { Checks } from './checks.ts'
import type { Clock } from './clock.ts'
import type { Courier } from './courier.ts'
import type { Journal } from './journal.ts'
import type { Keeper } from './keeper.ts'
import type { Ledger } from './ledger.ts'
import type { Logger } from './log.ts'
import type { Proofs } from './proofs.ts'
import type { Recorder } from './recorder.ts'
import type { Sessions } from './sessions.ts'
import type { SignIn } from './sign-in.ts'
import type { Slots } from './slots.ts'
import type { Throttle } from './throttle.ts'
import type { Workshop } from './worker.ts'

/** Everything that outlives a request. */
export interface House {
  readonly paths: Paths
  readonly clock: Clock
  /** Name and version. */
  readonly program: string
  /** Wall clock, milliseconds. */
  readonly started: number
  /** Room for values on their way in or out. */
  readonly pools: Lender
  /** Room for passphrases, small and held for as long as Argon2 takes. */
  readonly passphrases: Lender
  readonly tracer: Tracer
  /** Whether there is an attested sget, looked at now. */
  readonly attestation: () => Attestation
  /** What the audit log says of a command line, given its hash. */
  readonly fingerprint: (hash: string) => string
  readonly keeper: Keeper
  readonly journal: Journal
  /** What goes over the network. */
  readonly courier: Courier
  /** Who is signed in at the identity provider. */
  readonly signIn: SignIn
  readonly sessions: Sessions
  readonly ledger: Ledger
  readonly approvals: Approvals
  /** What was given, until it has been looked for. */
  readonly checks: Checks
  readonly workshop: Workshop
  /** For texts that are masked. */
  readonly masks: Slots
  readonly proofs: Proofs
  readonly throttle: Throttle
  readonly recorder: Recorder
  readonly log: Logger
}
