// A scratch copy of the tree, in which sources may be broken.
import { chown, cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

/** Who runs the tests: the caller, or for root an ordinary user. */
export interface Runner {
  readonly uid: number
  readonly gid: number
}

/** What no test of a package reads, or what is too large to copy and never changed. */
const left = new Set(['.git', 'build/obj', 'build/log', 'build/bench', 'node_modules/.pnpm'])

/** A copy that the runner owns; removed when disposed of. */
export async function scratchTree(
  root: string,
  runner: Runner,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'sget-mutate-'))
  await cp(root, path, {
    recursive: true,
    verbatimSymlinks: true,
    filter: (from) => !left.has(relative(root, from)),
  })
  await symlink(join(root, 'node_modules/.pnpm'), join(path, 'node_modules/.pnpm'))
  await mkdir(join(path, 'tmp'))
  await give(path, runner)
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}

/** Folders alone: tests make files beside them, and change none. */
async function give(folder: string, runner: Runner): Promise<void> {
  await chown(folder, runner.uid, runner.gid)
  for (const entry of await readdir(folder, { withFileTypes: true }))
    if (entry.isDirectory()) await give(join(folder, entry.name), runner)
}
