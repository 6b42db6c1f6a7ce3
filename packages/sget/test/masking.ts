// The mask as a program: build/test/mask plays scripts, many in one process.
import { join } from 'node:path'
import { build, run } from './program.ts'

/** Kinds of output, as in packages/sget/src/hold.h. */
export const outputs = { whole: 0, steady: 1, steadyTerminal: 2, prompt: 3 } as const

export type Output = keyof typeof outputs

/** What is masked, and what its label names. */
export interface Secret {
  readonly value: Buffer
  readonly ref: string
}

/** Bytes that come so long after those before them; no bytes: only time passes. */
export interface Piece {
  readonly afterMs?: number
  readonly bytes: Buffer
}

/** Streams that are masked with the same values, each on its own. */
export interface Scene {
  readonly output: Output
  readonly secrets: readonly Secret[]
  readonly streams: readonly (readonly Piece[])[]
}

/** Plays scenes. Returns for each stream of each what every piece released, and then what the end did. */
export async function play(scenes: readonly Scene[]): Promise<Buffer[][][]> {
  const { code, signal, stdout, stderr } = await run(join(build, 'test/mask'), [], {
    input: Buffer.concat(scenes.flatMap(script)),
  })
  if (code !== 0) throw new Error(`the mask ended with ${code ?? signal}: ${stderr.slice(0, 4000)}`)
  const next = counted(stdout)
  return scenes.map(({ streams }) => streams.map((pieces) => [...pieces, 'end'].map(next)))
}

/** The label of a secret. */
export const labelOf = ({ ref }: Secret): Buffer => Buffer.from(`[sget:${ref}]`)

function script({ output, secrets, streams }: Scene): Buffer[] {
  const values = secrets.flatMap(({ value, ref }) => [
    number(4, value.length),
    value,
    number(2, ref.length),
    Buffer.from(ref),
  ])
  const parts = streams.flatMap((pieces) => [
    number(4, pieces.length),
    ...pieces.flatMap(({ afterMs = 0, bytes }) => [number(4, afterMs), number(4, bytes.length), bytes]),
  ])
  return [
    number(1, outputs[output]),
    number(2, secrets.length),
    ...values,
    number(2, streams.length),
    ...parts,
  ]
}

function number(width: number, value: number): Buffer {
  const bytes = Buffer.alloc(width)
  bytes.writeUIntBE(value, 0, width)
  return bytes
}

function counted(bytes: Buffer): () => Buffer {
  let at = 0
  return () => {
    const start = at + 4
    at = start + bytes.readUInt32BE(at)
    return bytes.subarray(start, at)
  }
}
