// Shifts the clock of this process, for a provider whose machine has another time. Imported before all else.
import { optionsOf } from './provider-options.ts'

const { skewSeconds = 0 } = optionsOf(process.argv)

if (skewSeconds !== 0) {
  const World = Date
  const shiftMs = skewSeconds * 1000
  globalThis.Date = class extends World {
    constructor(...given: [] | [number | string]) {
      super(given[0] ?? World.now() + shiftMs)
    }

    static override now(): number {
      return World.now() + shiftMs
    }
  } as DateConstructor
}
