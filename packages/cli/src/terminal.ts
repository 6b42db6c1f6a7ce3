// The only file that prints, and asks. Standard output has the answer, as lines or as one JSON document; all else is an error.
import { createInterface } from 'node:readline/promises'
import { printable, printableJson, printableRecord } from './printable.ts'

/** What a command answers: the same twice, for programs and for people. */
export interface Answer {
  readonly json: object
  readonly lines: readonly string[]
  /** In place of both: any number of records, each printed as one line of JSON when it comes. */
  readonly records?: AsyncIterable<object>
  /** The exit status; 0 when absent. */
  readonly status?: number
}

/** Where a command's words go. */
export interface Terminal {
  /** Said while the command still runs: beside the answer, never inside the document. */
  readonly tell: (line: string) => void
  /** A line that a human types at a terminal; undefined where standard input is none. Never a passphrase: it echoes. */
  readonly ask: (question: string) => Promise<string | undefined>
  /** The answer; exactly one a run. */
  readonly answer: (answer: Answer) => Promise<void>
  /** What went wrong, for a human. */
  readonly complain: (lines: readonly string[]) => void
}

/** @param json whether standard output is to hold one JSON document and nothing else */
export function openTerminal(json: boolean): Terminal {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', endQuietly)
  return {
    tell: (line) => write(json ? process.stderr : process.stdout, [line]),
    ask,
    answer: async (answer) => {
      if (answer.records !== undefined) await writeRecords(process.stdout, answer.records)
      else if (json) process.stdout.write(`${printableJson(answer.json)}\n`)
      else write(process.stdout, answer.lines)
    },
    complain: (lines) => write(process.stderr, lines),
  }
}

async function ask(question: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return (await lines.question(printable(question))).trim()
  } finally {
    lines.close()
  }
}

/** No faster than they are read: a log is larger than what may wait in memory. */
async function writeRecords(stream: NodeJS.WriteStream, records: AsyncIterable<object>): Promise<void> {
  for await (const record of records) {
    if (!stream.write(`${printableRecord(record)}\n`) && !(await isDrained(stream))) return
  }
  await new Promise<void>((resolve) => stream.write('', () => resolve()))
}

/** Waits until there is room again; false when nobody reads any more. */
function isDrained(stream: NodeJS.WriteStream): Promise<boolean> {
  return new Promise((resolve) => {
    stream.once('drain', () => resolve(true))
    for (const end of ['error', 'close']) stream.once(end, () => resolve(false))
  })
}

function write(stream: NodeJS.WriteStream, lines: readonly string[]): void {
  for (const line of lines) stream.write(`${printable(line)}\n`)
}

/** Whoever read our output has gone (`sgetctl ls | head`): nobody is left to be told. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error
}
