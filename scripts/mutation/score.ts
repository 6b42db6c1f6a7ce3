// What became of the mutants: told as it happens, and counted at the end.
import { type Compiler } from './compiler.ts'
import { type Mutant } from './mutants.ts'
import { blockOf, sameChange, type Survivor } from './survivors.ts'
import { type Outcome } from './trial.ts'

/** `endless` is caught by the time limit; what the compiler refuses is no mutant at all. */
type Fate = 'caught' | 'endless' | 'refused by the compiler' | 'known to survive' | 'SURVIVED'

const fates: readonly Fate[] = [
  'caught',
  'endless',
  'refused by the compiler',
  'known to survive',
  'SURVIVED',
]

/** After so many mutants it says how far it is. */
const progressStep = 50

export class Score {
  readonly #known: readonly Survivor[]
  readonly #compiler: Compiler
  readonly #say: (lines: string) => void
  #tried = 0
  readonly #counts = new Map<string, Map<Fate, number>>()
  /** those of the list that are not what it says: they are caught now */
  readonly #stale: Survivor[] = []

  /** @param say prints a line, or several */
  constructor(known: readonly Survivor[], compiler: Compiler, say: (lines: string) => void) {
    this.#known = known
    this.#compiler = compiler
    this.#say = say
  }

  note(mutant: Mutant, outcome: Outcome): void {
    const known = this.#known.find((survivor) => sameChange(survivor, mutant))
    const fate = this.#fateOf(mutant, outcome, known)
    const [, name = ''] = mutant.path.split('/')
    const counts = this.#counts.get(name) ?? new Map<Fate, number>()
    this.#counts.set(name, counts.set(fate, (counts.get(fate) ?? 0) + 1))
    if (known && outcome.fate !== 'survived') this.#stale.push(known)
    this.#tried += 1
    if (this.#tried % progressStep === 0) this.#say(`mutate: ${this.#tried} tried\n`)
    if (fate !== 'caught' && fate !== 'known to survive')
      this.#say(`${fate}  ${mutant.path}:${mutant.line}\n${blockOf(mutant)}\n`)
  }

  /** Prints the counts. Returns the exit status: 0 unless something survived that is not in the list. */
  tell(): number {
    for (const survivor of this.#stale) this.#say(`no longer survives\n${blockOf(survivor)}\n`)
    for (const [name, counts] of this.#counts) this.#say(`${name}: ${lineOf(counts)}`)
    const all = new Map(
      fates.map((fate) => [fate, sum([...this.#counts.values()].map((counts) => counts.get(fate) ?? 0))]),
    )
    this.#say(`all: ${lineOf(all)}`)
    return (all.get('SURVIVED') ?? 0) > 0 || this.#stale.length > 0 ? 1 : 0
  }

  #fateOf(mutant: Mutant, { fate }: Outcome, known: Survivor | undefined): Fate {
    if (fate !== 'survived') return fate
    if (known) return 'known to survive'
    return this.#compiler.accepts(mutant) ? 'SURVIVED' : 'refused by the compiler'
  }
}

/** Such as `812 caught, 2 endless, 9 known to survive: 98.9 % of 823`. */
function lineOf(counts: ReadonlyMap<Fate, number>): string {
  const of = (fate: Fate) => counts.get(fate) ?? 0
  const caught = of('caught') + of('endless')
  const valid = caught + of('known to survive') + of('SURVIVED')
  const told = fates.filter((fate) => of(fate) > 0).map((fate) => `${of(fate)} ${fate}`)
  return `${told.join(', ')}: ${valid === 0 ? '–' : ((100 * caught) / valid).toFixed(1)} % of ${valid} caught`
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}
