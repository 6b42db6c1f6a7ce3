// Reads the stream that tap prints (TAP 14, https://testanything.org/tap-version-14-specification.html), line by line,
// and gives one result a test file.

/** A test that holds no other: what is counted. */
export interface Case {
  /** The names from the file's own tests down to this one. */
  readonly name: string
  readonly outcome: 'passed' | 'failed' | 'skipped'
  /** Why it was skipped, or what a failing one printed. */
  readonly detail: readonly string[]
}

/** What one test file came to. */
export interface FileResult {
  readonly path: string
  readonly cases: readonly Case[]
  readonly milliseconds: number
}

/** A line `ok 1 - name # SKIP why` or `not ok …`. */
interface Point {
  readonly ok: boolean
  readonly name: string
  readonly directive: string | undefined
  readonly reason: string
  readonly milliseconds: number
}

/** A subtest that has begun; a file is the outermost, at indent 0. */
interface Subtest {
  readonly name: string
  readonly indent: number
  readonly cases: Case[]
  /** What it said that is neither a passing assertion nor another subtest. */
  readonly lines: string[]
  /** Its result, once there; a file still waits for the diagnostic that follows. */
  point?: Point
}

/** A subtest inside is indented by this much, as is what follows `# Subtest:`. */
const indentSpaces = 4

/** The end of a subtest that never ended: its process did. */
const neverEnded: Point = { ok: false, name: '', directive: undefined, reason: '', milliseconds: 0 }

/** Reads to the end of the stream. A file that printed no result is not among those yielded. */
export async function* readResults(lines: AsyncIterable<string>): AsyncGenerator<FileResult> {
  const reader = new Reader()
  for await (const line of lines) {
    const result = reader.feed(line)
    if (result !== undefined) yield result
  }
  const last = reader.finish()
  if (last !== undefined) yield last
}

class Reader {
  readonly #open: Subtest[] = []
  /** The indent of the YAML block that is being read. */
  #yaml: number | undefined

  /** Takes a line. Returns the result of the file before, when the line shows that nothing more of it comes. */
  feed(line: string): FileResult | undefined {
    const indent = line.search(/\S|$/)
    const text = line.slice(indent)
    if (this.#yaml !== undefined && (indent >= this.#yaml || text === '')) {
      this.#open.at(-1)?.lines.push(line)
      if (indent === this.#yaml && text === '...') this.#yaml = undefined
      return undefined
    }
    this.#yaml = text === '---' ? indent : undefined
    if (this.#yaml !== undefined) {
      this.#open.at(-1)?.lines.push(line)
      return undefined
    }
    const finished = this.#open[0]?.point === undefined ? undefined : this.finish()
    if (text.startsWith(subtestMark)) this.#begin(indent, text)
    else this.#take(indent, text, line)
    return finished
  }

  /** Gives the result of the file that was read last. */
  finish(): FileResult | undefined {
    const file = this.#open[0]
    this.#open.length = 0
    if (file?.point === undefined) return undefined
    return { path: file.name, cases: casesOf(file, file.point), milliseconds: file.point.milliseconds }
  }

  #begin(indent: number, text: string): void {
    this.#closeBelow(indent - indentSpaces)
    this.#open.push({ name: plain(text.slice(subtestMark.length)), indent, cases: [], lines: [] })
  }

  #take(indent: number, text: string, line: string): void {
    const point = parsePoint(text)
    if (point !== undefined) this.#closeBelow(indent)
    const top = this.#open.at(-1)
    if (top === undefined) return
    if (point === undefined || indent !== top.indent) note(top, point, line)
    else if (indent === 0) top.point = point
    else this.#close(point)
  }

  /** Ends, as failed, whatever is further in: a process that ends early leaves its subtests open. */
  #closeBelow(indent: number): void {
    while ((this.#open.at(-1)?.indent ?? 0) > indent && this.#open.length > 1) this.#close(neverEnded)
  }

  #close(point: Point): void {
    const subtest = this.#open.pop()
    if (subtest !== undefined) this.#open.at(-1)?.cases.push(...casesOf(subtest, point))
  }
}

const subtestMark = '# Subtest: '

/** Inside a test: a failing assertion is kept for the report, a skipped one is a case of its own. */
function note(top: Subtest, point: Point | undefined, line: string): void {
  if (point === undefined) {
    if (!/^\s*(\d+\.\.\d+.*|# time=.*)?$/.test(line)) top.lines.push(line)
  } else if (point.directive !== undefined) {
    top.cases.push({ name: point.name, outcome: 'skipped', detail: [whySkipped(point)] })
  } else if (!point.ok) top.lines.push(line)
}

/** The cases that a finished subtest stands for: those inside, or itself. */
function casesOf(subtest: Subtest, point: Point): Case[] {
  const isFile = subtest.indent === 0
  const inside = isFile
    ? subtest.cases
    : subtest.cases.map((found) => ({ ...found, name: `${subtest.name} › ${found.name}` }))
  if (!point.ok && !inside.some(({ outcome }) => outcome === 'failed'))
    return [
      ...inside,
      { name: subtest.name, outcome: 'failed', detail: isFile ? howEnded(subtest) : subtest.lines },
    ]
  if (inside.length > 0) return inside
  if (isFile && point.reason === 'no tests found')
    return [{ name: subtest.name, outcome: 'failed', detail: ['      the file holds no tests'] }]
  if (point.directive !== undefined)
    return [{ name: subtest.name, outcome: 'skipped', detail: [whySkipped(point)] }]
  return [{ name: subtest.name, outcome: 'passed', detail: [] }]
}

/** What tap says of a file's process, without the command line that it repeats each time. */
function howEnded(file: Subtest): string[] {
  const words = /^ +(---|\.\.\.|(stdio|cwd|externalID|command|args|jobId): .*|args:|- .*|\w+: null)$/
  return file.lines.filter((line) => !words.test(line)).map((line) => `      ${line.trim()}`)
}

function whySkipped(point: Point): string {
  const reason = point.reason === '' ? 'no reason given' : point.reason
  return point.directive === 'TODO' ? `to do: ${reason}` : reason
}

function parsePoint(text: string): Point | undefined {
  const found = /^(not )?ok \d+(?: - (.*?))??(?: # time=([\d.]+)m?s)?(?: # (SKIP|TODO)\b ?(.*))?$/.exec(text)
  if (found === null) return undefined
  const [, not, name = '', milliseconds = '0', directive, reason = ''] = found
  return {
    ok: not === undefined,
    name: plain(name),
    directive,
    reason: plain(reason.replace(/ # time=.*$/, '')),
    milliseconds: Number(milliseconds),
  }
}

/** Without TAP's escapes. */
function plain(text: string): string {
  return text.replace(/\\([\\#])/g, '$1')
}
