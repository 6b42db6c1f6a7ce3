// sgetctl: the human's commands. It has no type for a value or a passphrase; where one is typed, sget takes over.
import { userInfo } from 'node:os'
import { dirname, resolve } from 'node:path'
import manifest from '../package.json' with { type: 'json' }
import { screenOf } from './browser.ts'
import { run } from './program.ts'

const entry = process.argv[1] ?? import.meta.filename
// The launcher starts the bundle, whose folder lies beside that of the programs; unbuilt, the workspace's is meant.
const programs = resolve(dirname(entry), entry.endsWith('.ts') ? '../../../build/bin' : '../bin')
const { uid, homedir } = userInfo()

// Whatever is still open, a connection that sgetd never greeted for one, ends with the command.
process.exit(
  await run(process.argv.slice(2), {
    userHome: homedir,
    uid,
    sget: resolve(programs, 'sget'),
    version: manifest.version,
    screen: screenOf(process.env, process.platform),
  }),
)
