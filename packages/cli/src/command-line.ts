// The command line: from words to the command that they name, by the table of commands.
import { protocolVersion, Refusal } from '@sget/wire'
import { Command, CommanderError } from 'commander'
import { commands, groups, type Row, type Typed } from './commands.ts'

/** What is understood before and after every command. */
export interface GlobalOptions {
  readonly home?: string
  readonly passphraseFd?: string
}

/** The command that was named, with what was typed for it. */
export interface Task {
  readonly row: Row
  readonly typed: Typed
}

/** Help or the version, when that was asked for, line by line. */
export interface Told {
  readonly help: readonly string[]
}

/**
 * Reads the words that follow the program's name.
 *
 * @throws Refusal `usage`
 */
export async function readCommandLine(
  words: readonly string[],
  version: string,
): Promise<{ readonly task: Task | Told; readonly options: GlobalOptions }> {
  const program = rootCommand(version)
  let task: Task | undefined
  let help = ''
  program.configureOutput({ writeOut: (text) => (help += text), writeErr: () => undefined })
  for (const row of commands) addRow(parentOf(program, row), row, (typed) => (task = { row, typed }))
  try {
    await program.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode !== 0) throw new Refusal('usage', complaintOf(error))
    return { task: { help: help.trimEnd().split('\n') }, options: {} }
  }
  if (task === undefined) throw new Refusal('usage', 'a command is missing')
  return { task, options: program.opts<GlobalOptions>() }
}

function rootCommand(version: string): Command {
  return new Command('sgetctl')
    .description('What a human does with sget: secrets by name, what waits, what is in force. Never a value.')
    .option('--home <folder>', 'another instance, all of it under this folder')
    .option('--json', 'one JSON document on standard output')
    .option('--passphrase-fd <n>', 'where a passphrase is asked for, sget reads it from this descriptor')
    .version(`sgetctl ${version} (protocol ${protocolVersion})`, '--version', 'the version of this program')
    .helpOption('-h, --help', 'this help')
    .helpCommand(false)
    .exitOverride()
    .addHelpText('after', `\n${examples(['sgetctl init', 'sgetctl status', 'sgetctl pending'])}`)
}

/** The program, or the row's group, which is made where its first command is. */
function parentOf(program: Command, { group }: Row): Command {
  if (group === undefined) return program
  const found = program.commands.find((command) => command.name() === group)
  return found ?? program.command(group).description(groups[group])
}

function addRow(parent: Command, row: Row, found: (typed: Typed) => void): void {
  const command = parent.command(row.usage).description(row.about).allowExcessArguments(false)
  for (const option of row.options ?? []) command.addOption(option)
  command.addHelpText('after', `\n${examples(row.examples)}`)
  command.action(() => found({ words: command.args, command }))
}

function examples(lines: readonly string[]): string {
  return ['For example:', ...lines.map((line) => `  ${line}`)].join('\n')
}

/** Without commander's `error: `, and on one line. */
function complaintOf({ code, message }: CommanderError): string {
  if (code === 'commander.help') return 'a command is missing'
  return message.replace(/^error: /, '').replace(/\s+/g, ' ')
}
