// Every record of a log in order, as a program reads it: nothing is checked here.
import { linesOfLog } from './reading.ts'
import { type TailEntry, entryOf } from './tail.ts'

/** Streams, in constant memory. Throws AuditFailure where a file is not ours alone or cannot be read. */
export async function* records(directory: string): AsyncGenerator<TailEntry, void> {
  for await (const { bytes } of linesOfLog(directory)) yield entryOf(bytes)
}
