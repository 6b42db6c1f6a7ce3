// The two documents that can be in force: what each begins as, and what may not stand in it.
import { firstPolicy, readConfig, readPolicy, unanswerable, type Reading } from '@sget/policy'
import { isSafeVariable } from '@sget/wire'

/** Their names, as sgetd knows them. */
export const documentNames = ['policy', 'config'] as const
export type DocumentName = (typeof documentNames)[number]

/** Each says nothing that is not so without it: a comment is the best place for a setting that has its usual value. */
const firstConfig = `# How sget works here. This file is a draft: an edit changes nothing until you run
#
#     sgetctl config check      # says what is wrong, with line and column
#     sgetctl config apply      # shows the difference, asks for your passphrase, puts it in force
#
# What stands here as a comment is what holds without it.

# [lock]
# idle = "8h"             # the vault locks itself after so long without use

# [run]
# plain = []              # variables that an env file of sget run may set to a plain value: ["LOG_LEVEL", "PORT"]

# [audit]
# sync = "second"         # "always": a record is on the disk before anything leaves; slower

# Vaults on the network: sgetctl mount add --help
`

/** The draft that `init` writes. */
export const firstDrafts: Readonly<Record<DocumentName, string>> = {
  policy: firstPolicy,
  config: firstConfig,
}

/** What is wrong with a text, each with its line and column. */
export function faultsOf(name: DocumentName, content: string): readonly string[] {
  const reading: Reading<unknown> =
    name === 'policy' ? readPolicy(content) : readConfig(content, isSafeVariable)
  return reading.ok ? [] : reading.errors.map(({ message }) => message)
}

/** What is not wrong with a policy, and yet comes to nothing with this config. */
export function warningsOf(policy: string, config: string): readonly string[] {
  const [rules, settings] = [readPolicy(policy), readConfig(config, isSafeVariable)]
  if (!rules.ok || !settings.ok) return []
  return unanswerable(rules.value, settings.value.sso).map(({ message }) => message)
}
