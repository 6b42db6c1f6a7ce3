// What checks found, told to humans, and taken out of history files on their word.
import { Refusal } from '@sget/wire/broker'
import { demandHuman, isHuman } from './answering.ts'
import type { Finding } from './checks.ts'
import { clip } from './clip.ts'
import type { Giving } from './given.ts'
import { itemNames } from './item.ts'
import type { Open } from './keeper.ts'
import { hand, look } from './looking.ts'
import type { Request } from './request.ts'
import { withWorker } from './worker.ts'

/** Checks and places in one list, and bytes of a place or ref in it: a list has to fit a frame. */
const listedChecksMax = 100
const listedPlacesMax = 120
const listedPlaceBytesMax = 256

/** Tells a human what the checks found. To others it would tell which guesses at a value are right. */
export async function findings(request: Request<'findings'>): Promise<void> {
  if (request.body.prove) await demandHuman(request, 'see what was left behind')
  else if (!isHuman(request)) {
    request.reply('findingList', { withheld: true, checks: [], left: [] })
    return
  }
  const newest = request.house.checks.findings.slice(0, listedChecksMax)
  request.reply('findingList', {
    withheld: false,
    checks: newest.map(({ giving, outcome, reason, timeMs }) => ({
      grant: nameOf(giving),
      outcome,
      reason,
      time: timeMs,
    })),
    left: newest.flatMap(listed).slice(0, listedPlacesMax),
  })
}

/** Finds the history files that hold what a grant gave, or scrubs those that are named. Wants a human. */
export async function scrub(request: Request<'scrub'>): Promise<void> {
  const { house, body } = request
  request.note({ grant: body.grant })
  await demandHuman(request, `take what the grant ${body.grant} gave out of history files`)
  const giving = house.checks.givenFor(body.grant)
  if (giving === undefined) throw new Refusal('grant-unknown')
  const open = house.keeper.use
  const isAll = body.paths.some(({ path }) => path === '')
  const held = isAll || body.paths.length === 0 ? await traced(request, giving, open) : []
  const paths = (isAll ? held : body.paths).map(({ path }) => path)
  const traces = paths.length === 0 ? held : await struck(request, { giving, open, paths })
  request.reply('traces', { traces })
}

interface Trace {
  readonly path: string
  readonly state: string
  readonly count: number
}

/** The history files that hold values, each once. Throws `nothing-left`, or `value-replaced` where none can be looked for. */
async function traced({ house }: Request<'scrub'>, giving: Giving, open: Open): Promise<readonly Trace[]> {
  const { left, missing } = await look(house.workshop, {
    open,
    items: giving.items,
    order: { since: 0, history: true, skipIgnored: false, places: [], spared: [] },
    signal: house.checks.locking,
  })
  if (missing === giving.items.length) throw new Refusal('value-replaced')
  if (left.length === 0) throw new Refusal('nothing-left')
  const counts = new Map<string, number>()
  for (const { place, count } of left) counts.set(place, (counts.get(place) ?? 0) + count)
  return [...counts].map(([path, count]) => ({ path, state: 'held', count }))
}

interface Strikes {
  readonly giving: Giving
  readonly open: Open
  readonly paths: readonly string[]
}

/** One file after the other, each by a worker of its own and on record. */
async function struck(
  request: Request<'scrub'>,
  { giving, open, paths }: Strikes,
): Promise<readonly Trace[]> {
  const { house, caller } = request
  const traces: Trace[] = []
  for (const path of paths) {
    const { state, count } = await strike(request, { giving, open, path })
    house.recorder.record('scrubbed', caller, {
      ...request.noted,
      ref: itemNames(giving.items),
      reason: state,
      count,
      left: [{ kind: 'history', place: path, ref: '', count }],
    })
    traces.push({ path, state, count })
  }
  return traces
}

interface Striking {
  readonly giving: Giving
  readonly open: Open
  readonly path: string
}

function strike({ house }: Request<'scrub'>, { giving, open, path }: Striking): Promise<Omit<Trace, 'path'>> {
  return withWorker(house.workshop, house.checks.locking, async (worker) => {
    const missing = await hand(worker, open, giving.items)
    if (missing === giving.items.length) throw new Refusal('value-replaced')
    worker.order('strike', { path })
    return (await worker.hear('struck')).body
  })
}

function listed({ giving, left }: Finding): {
  grant: string
  kind: string
  place: string
  pid: number
  ref: string
  count: number
}[] {
  return left.map(({ kind, place, pid = 0, ref, count }) => ({
    grant: nameOf(giving),
    kind,
    place: clip(place, listedPlaceBytesMax),
    pid,
    ref: clip(ref, listedPlaceBytesMax),
    count,
  }))
}

/** The id of the grant, or who had what was given without one. */
function nameOf({ grant, root }: Giving): string {
  return grant ?? `given to ${root.pid}`
}
