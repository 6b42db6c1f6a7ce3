// A folder of its own for a test: the real sgetctl, an instance, a stand-in daemon, and in place of sget a script that
// notes what it was handed.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { instancePaths, type Paths } from '@sget/wire'
import { run, type Outcome, type RunOptions } from '../../../test/rig/process.ts'
import { bundle } from '../../../scripts/bundle/bundle.ts'
import { StandIn, type Answers } from '../../../test/standin/daemon.ts'

/** What happens in place of sget, as shell. `$handed` is the FIFO in which it says what it was handed. */
const sgetScript = `#!/bin/sh
handed=\${0%/bin/sget}/handed
note() {
  printf '%s\\n' "$*"
  case "$*" in *--passphrase-fd*) cat <&3 ;; esac
}
`

/** What all tests run: the program as setup bundles it, which starts sooner than its sources. */
const lib = mkdtempSync(join(tmpdir(), 'sgetctl-lib-'))
copyFileSync(resolve(import.meta.dirname, '../../../build/lib/native.node'), join(lib, 'native.node'))
chmodSync(lib, 0o755)
await bundle(['sgetctl'], lib)

/** One test's folder. */
export class House {
  readonly folder = mkdtempSync(join(tmpdir(), 'sgetctl-'))
  readonly home = join(this.folder, 'home')
  readonly paths: Paths = instancePaths('/nonexistent', this.home)
  readonly #entry = join(this.folder, 'lib/sgetctl.mjs')

  constructor() {
    chmodSync(this.folder, 0o755)
    symlinkSync(lib, join(this.folder, 'lib'))
    mkdirSync(join(this.folder, 'bin'))
    execFileSync('mkfifo', [join(this.folder, 'handed')])
    this.sgetWill('note "$@" >"$handed"')
  }

  /** Says what sget does from now on. */
  sgetWill(script: string): void {
    writeFileSync(join(this.folder, 'bin/sget'), sgetScript + script, { mode: 0o755 })
  }

  /** Waits until sget was started; returns what it was handed. */
  handed(): Promise<string> {
    return readFile(join(this.folder, 'handed'), 'utf8')
  }

  /** Runs sgetctl with these words. */
  sgetctl(words: readonly string[], options?: RunOptions): Promise<Outcome> {
    const [node, ...rest] = this.commandLine(words)
    return run(node, rest, options)
  }

  /** What starts it. */
  commandLine(words: readonly string[]): [string, ...string[]] {
    return [process.execPath, this.#entry, '--home', this.home, ...words]
  }

  /** Runs sgetctl as another user. Only for root. */
  sgetctlAs(uid: number, words: readonly string[]): Promise<Outcome> {
    const become = ['--reuid', `${uid}`, '--regid', `${uid}`, '--clear-groups', process.execPath]
    return run('/usr/bin/setpriv', [...become, this.#entry, '--home', this.home, ...words])
  }

  /** A daemon with these answers. */
  daemon(answers: Answers = {}): Promise<StandIn> {
    return StandIn.listen(this.paths.socket, answers)
  }

  /** Writes the draft of a policy or config. */
  draft(name: 'policy' | 'config', content: string | Buffer): void {
    mkdirSync(this.paths.config, { recursive: true, mode: 0o700 })
    writeFileSync(name === 'policy' ? this.paths.policy : this.paths.configuration, content, { mode: 0o600 })
  }

  read(path: string): string {
    return readFileSync(path, 'utf8')
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Whether tests that need another user can run. */
export const isRoot = userInfo().uid === 0

/** Removes what all tests shared. */
export function removeProgram(): void {
  rmSync(lib, { recursive: true, force: true })
}
