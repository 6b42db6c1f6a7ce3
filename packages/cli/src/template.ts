// The login agent's files as they lie in systemd/ and launchd/, with the paths of this user filled in.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Refusal } from '@sget/wire'
import type { Context } from './context.ts'

/** Run unbuilt this file lies in the workspace, else the templates lie beside the bundle that it is in. */
const place = import.meta.url.endsWith('/src/template.ts') ? '../../../' : './'

/** What a path may consist of: whatever else it were, each kind of file would quote it in another way, or not at all. */
const plainPath = /^\/[\w@+=:,./-]+$/

/**
 * Fills in a template.
 *
 * @param name `systemd/sgetd.socket`, say
 * @throws Refusal `service-unsupported` for a path that cannot be written plainly
 */
export function filledIn(name: string, { sget, paths }: Pick<Context, 'sget' | 'paths'>): string {
  const words = { SGETD: join(dirname(sget), 'sgetd'), SOCKET: paths.socket, LOG: paths.log }
  for (const path of Object.values(words))
    if (!plainPath.test(path))
      throw new Refusal('service-unsupported', `it cannot be told of a path with such characters: ${path}`)
  const template = readFileSync(fileURLToPath(new URL(place + name, import.meta.url)), 'utf8')
  return Object.entries(words).reduce((text, [word, path]) => text.replaceAll(`@${word}@`, path), template)
}
