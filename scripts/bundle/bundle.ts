// Bundles Node programs, a file each, with the addons that they load beside them.
import { build } from 'esbuild'
import { copyFile, mkdir, rename } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'

const root = resolve(import.meta.dirname, '../..')

/** The programs, and the packages that hold their `main.ts`. */
export const programs = {
  sgetd: 'daemon',
  'sget-courier': 'courier',
  sgetctl: 'cli',
  'sget-mcp': 'mcp',
} as const

// What CommonJS inside a bundle calls `require`; it finds what lies beside the bundle.
const banner = `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);`

/** What sgetctl puts in place for the system's service manager, beside the bundles as in the workspace. */
const loginAgents = ['systemd/sgetd.socket', 'systemd/sgetd.service', 'launchd/sget.sgetd.plist']

/** Bundles the programs of these names into a folder, as `NAME.mjs`. native.node is there already, from make. */
export async function bundle(names: readonly (keyof typeof programs)[], out: string): Promise<void> {
  await bundleFiles(
    names.map((name) => ({ in: join(root, 'packages', programs[name], 'src/main.ts'), out: name })),
    out,
  )
  if (!names.includes('sgetctl')) return
  for (const file of loginAgents) {
    await mkdir(dirname(join(out, file)), { recursive: true })
    await place(join(root, file), join(out, file))
  }
}

/** Bundles files in the way of the programs. */
export async function bundleFiles(
  entryPoints: readonly { readonly in: string; readonly out: string }[],
  out: string,
): Promise<void> {
  await build({
    entryPoints: [...entryPoints],
    outdir: out,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    banner: { js: banner },
    define: { __filename: 'import.meta.filename' },
    alias: {
      'require-addon': join(import.meta.dirname, 'require-addon.cts'),
      // Leaves out the validator that the SDK brings along and that we do not use: a quarter of the start.
      '@modelcontextprotocol/server/_shims': join(root, 'packages/mcp/src/platform.ts'),
    },
    minifyWhitespace: true,
    minifySyntax: true,
    external: ['*.node'],
    logLevel: 'warning',
  })
  await place(sodiumAddon(), join(out, 'sodium-native.node'))
}

/** By a rename: a running program keeps the file that it has mapped. */
async function place(from: string, to: string): Promise<void> {
  await copyFile(from, `${to}.new`)
  await rename(`${to}.new`, to)
}

function sodiumAddon(): string {
  const fromMemory = createRequire(join(root, 'packages/memory/package.json'))
  const folder = dirname(fromMemory.resolve('sodium-native/package.json'))
  return join(folder, 'prebuilds', `${process.platform}-${process.arch}`, 'sodium-native.node')
}
