// Which script an interpreter claims to run.
import { resolve } from 'node:path'
import { type Flags } from '@sget/native'
import { type Facts } from './facts.ts'

/** Flags that would otherwise pass for the script, or hide that there is none. */
const flagsByInterpreter: readonly [RegExp, Flags][] = [
  [/\/python[\d.]*$/, { valued: ['-W', '-X', '--check-hash-based-pycs'], inlined: ['-c', '-m'] }],
  [
    /\/(?:bun|node)$/,
    {
      valued: [
        '-C',
        '-r',
        '--conditions',
        '--env-file',
        '--env-file-if-exists',
        '--experimental-loader',
        '--import',
        '--loader',
        '--preload',
        '--require',
        '--title',
      ],
      inlined: ['-e', '-i', '-p', '-pe', '--eval', '--print'],
    },
  ],
]

/**
 * The path of the script as the process's own command line names it, from its directory. It is not looked up: a name
 * given by a stranger may lie in a file system that never answers.
 */
export function scriptOf(pid: number, interpreter: string, facts: Facts): string | undefined {
  const flags = flagsByInterpreter.find(([pattern]) => pattern.test(interpreter))?.[1]
  const operand = flags && facts.script(pid, flags)
  return operand && resolve(operand.directory, operand.argument)
}
