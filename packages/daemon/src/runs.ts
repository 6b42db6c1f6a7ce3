// Commands that were given values and still run: until they end, what they have is in use and not left behind.
import { closeDescriptor, exited, pidfdOpen, started } from '@sget/native'
import type { ProcessId } from '@sget/policy'
import type { Giving } from './given.ts'
import { runClosedLookMs, runsMax } from './limits.ts'

interface Run {
  readonly giving: Giving
  readonly process: ProcessId
  /** Of that very process; -1 where the system gives none. */
  readonly pidfd: number
}

/**
 * The runs of all agents. A run is over when the process that asked has ended: a masked one waits for its command, and one
 * that is not masked became it.
 */
export class Runs {
  readonly #runs = new Set<Run>()
  readonly #onOver: (giving: Giving) => void

  /** @param onOver told when a run of a giving has ended */
  constructor(onOver: (giving: Giving) => void) {
    this.#onOver = onOver
  }

  /** Beyond a bound runs are not followed, and what they were given is looked for sooner than they end. */
  begin(giving: Giving, process: ProcessId, closed: AbortSignal): void {
    if (this.#runs.size >= runsMax || this.#isKnown(giving, process)) return
    const run = { giving, process, pidfd: pidfdOpen(process.pid) ?? -1 }
    this.#runs.add(run)
    closed.addEventListener('abort', () => setTimeout(() => this.sweep(), runClosedLookMs).unref(), {
      once: true,
    })
  }

  isOpen(giving: Giving): boolean {
    return [...this.#runs].some((run) => run.giving === giving)
  }

  /** The processes that have values lawfully, whatever was given to `giving`. */
  besides(giving: Giving): readonly number[] {
    return [...this.#runs].filter((run) => run.giving !== giving).map(({ process }) => process.pid)
  }

  /** Looks which have ended. */
  sweep(): void {
    for (const run of this.#runs) if (!isRunning(run)) this.#end(run)
  }

  #isKnown(giving: Giving, { pid, startTicks }: ProcessId): boolean {
    return [...this.#runs].some(
      (run) => run.giving === giving && run.process.pid === pid && run.process.startTicks === startTicks,
    )
  }

  #end(run: Run): void {
    this.#runs.delete(run)
    if (run.pidfd >= 0) closeDescriptor(run.pidfd)
    this.#onOver(run.giving)
  }
}

/** Its pid may have gone to another before there was a pidfd of it. */
function isRunning({ process, pidfd }: Run): boolean {
  return (pidfd < 0 || !exited(pidfd)) && started(process.pid) === process.startTicks
}
