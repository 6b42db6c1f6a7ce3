// What an agent may ask for: a secret, some of its fields, and the variables they are to be in.
import { failureHint, failureText, formatRef, isField, isSafeVariable, parseRef } from '@sget/wire'
import { fieldBytesMax, reasonBytesMax, refBytesMax, refsPerRequestMax, variableBytesMax } from '@sget/wire'
import type { Body, FailureName } from '@sget/wire'
import { z } from 'zod'

/** The message for a text that is refused before it is sent. */
function refused(failure: FailureName): { error: (issue: { input?: unknown }) => string } {
  return {
    error: ({ input }) => {
      const argument = String(input)
      return `${failureText(failure, argument)}: ${failureHint(failure, argument)}`
    },
  }
}

/** `PATH` or `PATH#FIELD`. */
export const refText = z
  .string()
  .max(refBytesMax + 1 + fieldBytesMax)
  .refine((text) => parseRef(text) !== undefined, refused('bad-ref'))

/** `PATH` with no field. */
export const pathText = refText.refine((text) => parseRef(text)?.field === undefined, {
  error: 'name the path without #FIELD',
})

/** Names of fields. */
export const fieldTexts = z
  .array(z.string().max(fieldBytesMax).refine(isField, { error: 'not the name of a field' }))
  .min(1)
  .max(refsPerRequestMax)

/** Names of variables; an empty one stands for the name that is derived from path and field. */
export const variableTexts = z
  .array(
    z
      .string()
      .max(variableBytesMax)
      .refine((name) => name === '' || isSafeVariable(name), refused('bad-variable')),
  )
  .max(refsPerRequestMax)

/** What a secret is for, in one line: a human will read it, so it cannot pretend to be more than one. */
export const reasonText = z
  .string()
  .overwrite((text) => text.replace(/\s+/gu, ' ').trim())
  .refine((text) => Buffer.byteLength(text) <= reasonBytesMax && text.isWellFormed(), {
    error: `a reason has at most ${reasonBytesMax} bytes`,
  })
  .refine((text) => !/[\p{Cc}\p{Bidi_Control}]/u.test(text), { error: 'a reason is plain text' })

/** What was asked for, as it came. */
export interface Request {
  readonly path: string
  readonly fields?: readonly string[] | undefined
  readonly variables?: readonly string[] | undefined
}

/** The rows to ask sgetd for: one a field, or one alone where sgetd is to choose the field. */
export function wantedRows({ path, fields, variables }: Request): Body<'grant'>['wanted'] {
  const refs = fields?.map((field) => formatRef({ path, field })) ?? [path]
  return refs.map((ref, index) => ({ variable: variables?.[index] ?? '', ref }))
}

/** Says what does not go together in a request that is right piece by piece. */
export function contradiction(request: Request): string | undefined {
  const { path, fields, variables } = request
  if (fields !== undefined && parseRef(path)?.field !== undefined)
    return 'name the field in "path" or in "fields", not in both'
  if (variables !== undefined && variables.length !== (fields?.length ?? 1))
    return '"variables" names one variable for each field, in the same order'
  if (hasTwice(fields ?? [])) return 'a field is named twice'
  if (hasTwice((variables ?? []).filter((name) => name !== ''))) return 'two fields would share a variable'
  return undefined
}

function hasTwice(names: readonly string[]): boolean {
  return new Set(names).size !== names.length
}
