// All programs as they are installed, but for sgetd: in its place one that is the real one under other conditions.
import { chmodSync, copyFileSync, linkSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bundleFiles } from '../../scripts/bundle/bundle.ts'
import { programs } from './instance.ts'

const libraries = resolve(import.meta.dirname, '../../build/lib')

/**
 * Installs the programs into a folder of their own, which the caller removes, with a program of this folder as sgetd.
 * The launcher starts it as it starts the real one.
 *
 * @returns the folder, whose `bin` holds the programs
 */
export async function programsWith(daemon: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sget-programs-'))
  const bin = join(folder, 'bin')
  const lib = join(folder, 'lib')
  mkdirSync(bin)
  mkdirSync(lib)
  copyFileSync(join(programs, 'sget'), join(bin, 'sget'))
  for (const name of ['sgetd', 'sgetctl', 'sget-mcp']) linkSync(join(bin, 'sget'), join(bin, name))
  for (const name of readdirSync(libraries).filter((name) => name !== 'sgetd.mjs'))
    symlinkSync(join(libraries, name), join(lib, name))
  chmodSync(folder, 0o755)
  await bundleFiles([{ in: join(import.meta.dirname, daemon), out: 'sgetd' }], lib)
  return folder
}
