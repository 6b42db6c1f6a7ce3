// describe_secret: one secret without its values, and which rule holds for it.
import { z } from 'zod'
import { referenceTo } from '../reference.ts'
import { isoTime } from '../time.ts'
import { readOnly, tool } from '../tool.ts'
import { pathText } from '../wanted.ts'

const output = z.object({
  path: z.string(),
  createdAt: z.string().describe('ISO 8601'),
  changedAt: z.string().describe('ISO 8601'),
  fields: z.array(
    z.object({
      name: z.string(),
      reference: z.string().describe('What names it in an env file: sget://PATH#FIELD.'),
      createdAt: z.string().describe('ISO 8601'),
      changedAt: z.string().describe('ISO 8601'),
    }),
  ),
  rule: z.string().describe('The rule of the policy that holds for you.'),
  exposures: z.array(z.string()).describe('What the rule allows: run, read, pipe, helper, reveal, write.'),
  approval: z
    .string()
    .describe(
      'never: no question. once, always: a human allows it. proof: a human proves it with the passphrase.',
    ),
  commands: z
    .array(z.string())
    .describe(
      'The command lines to which alone it is given, each of them to be met; * at the end is any further words. Empty: any.',
    ),
  demand: z
    .string()
    .describe('How and how lately the human must have signed in for it. Empty: in no special way.'),
})

/** The row of the table. */
export const describeSecret = tool({
  name: 'describe_secret',
  title: 'Describe a secret',
  description: 'Shows the fields and ages of one secret, and what the policy lets you do with it. No values.',
  input: z.strictObject({ path: pathText.describe('The path of the secret: db/prod.') }),
  output,
  annotations: readOnly,
  tries: ({ path }) => `describe ${path}`,
  answer: async ({ daemon }, { path }) => {
    const told = await daemon.ask('describe', { ref: path }, 'description')
    const structured = {
      path: told.path,
      createdAt: isoTime(told.created),
      changedAt: isoTime(told.changed),
      fields: told.fields.map(({ name, created, changed }) => ({
        name,
        reference: referenceTo({ path: told.path, field: name }),
        createdAt: isoTime(created),
        changedAt: isoTime(changed),
      })),
      rule: told.rule,
      exposures: told.exposures.split(' ').filter((name) => name !== ''),
      approval: told.approval,
      commands: told.commands.split('\n').filter((line) => line !== ''),
      demand: told.demand,
    }
    return { structured, text: describe(structured) }
  },
})

function describe({
  path,
  fields,
  rule,
  exposures,
  approval,
  commands,
  demand,
  ...times
}: z.input<typeof output>): string {
  return [
    `${path}, created ${times.createdAt}, changed ${times.changedAt}`,
    ...fields.map(
      (field) =>
        `  ${field.name} (${field.reference}), created ${field.createdAt}, changed ${field.changedAt}`,
    ),
    `rule: ${rule}`,
    `allows: ${exposures.join(', ')}`,
    `approval: ${approval}`,
    ...commands.map((command) => `command: ${command}`),
    ...(demand === '' ? [] : [`the human must be signed in with: ${demand}`]),
  ].join('\n')
}
