// What a tool is made of, and how its results and failures reach the client.
import type { CallToolResult, McpServer, ServerContext, ToolAnnotations } from '@modelcontextprotocol/server'
import { Refusal } from '@sget/wire'
import type { z } from 'zod'
import { explain } from './explain.ts'
import { Invited } from './invited.ts'
import { showsAddresses } from './inviting.ts'
import type { Session } from './session.ts'

/** A result: an object for programs, and a text that says the same. */
export interface Result<O> {
  readonly structured: O
  readonly text: string
}

/** One tool. Its schemas hold no combinators, else strict clients drop it. */
export interface Tool<I extends z.ZodObject, O extends z.ZodObject> {
  readonly name: string
  readonly title: string
  readonly description: string
  readonly input: I
  readonly output: O
  readonly annotations: ToolAnnotations
  /** What a call tries, for "Could not …". */
  readonly tries: (input: z.output<I>) => string
  /** Throws a Refusal when it cannot, Invited while the human has to sign in. */
  readonly answer: (
    session: Session,
    input: z.output<I>,
    context: ServerContext,
  ) => Promise<Result<z.input<O>>>
  /** Where that the human has to sign in is an answer, and no failure. */
  readonly untilSignedIn?: {
    /** Whether it is only given where they take long; else as soon as they know where to sign in. */
    readonly waits: boolean
    readonly answer: (next: string) => Result<z.input<O>>
  }
}

/** A tool as the table holds it. */
export type Registered = (server: McpServer, session: Session) => void

/** Makes a row of the table. */
export function tool<I extends z.ZodObject, O extends z.ZodObject>(row: Tool<I, O>): Registered {
  const { name, title, description, input: inputSchema, output: outputSchema, annotations } = row
  return (server, session) => {
    const config = { title, description, inputSchema, outputSchema, annotations }
    server.registerTool<z.ZodObject, z.ZodObject>(name, config, async (given, context) => {
      const input = given as z.output<I>
      const outcome = await call(row, session, input, context)
      if (!(outcome instanceof Invited)) return outcome
      const offer = showsAddresses(server, context) ? session.inviting.offer(outcome, context) : undefined
      return offer ?? tellToSignIn(row, session.inviting.tell(outcome, context), input)
    })
  }
}

/** Hints of a tool that changes nothing; what it answers comes from this machine (`openWorldHint`). */
export const readOnly: ToolAnnotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
}

async function call<I extends z.ZodObject, O extends z.ZodObject>(
  row: Tool<I, O>,
  session: Session,
  input: z.output<I>,
  context: ServerContext,
): Promise<CallToolResult | Invited> {
  try {
    return resultOf(await answer(row, session, input, context))
  } catch (error) {
    if (error instanceof Invited) return error
    if (!(error instanceof Refusal)) throw error
    return failed(explain(session.programs, row.tries(input), error))
  }
}

/** Answers; where the human signs in while the call waits for that, as if they always had been. */
async function answer<I extends z.ZodObject, O extends z.ZodObject>(
  row: Tool<I, O>,
  session: Session,
  input: z.output<I>,
  context: ServerContext,
): Promise<Result<z.input<O>>> {
  try {
    return await row.answer(session, input, context)
  } catch (error) {
    const waits = error instanceof Invited && row.untilSignedIn?.waits !== false
    if (!waits || !(await session.inviting.isOver(error, context))) throw error
    return row.answer(session, input, context)
  }
}

function tellToSignIn<I extends z.ZodObject, O extends z.ZodObject>(
  { tries, untilSignedIn }: Tool<I, O>,
  next: string,
  input: z.output<I>,
): CallToolResult {
  return untilSignedIn === undefined
    ? failed(`Could not ${tries(input)} yet.\n${next}`)
    : resultOf(untilSignedIn.answer(next))
}

function resultOf<O>({ structured, text }: Result<O>): CallToolResult {
  return { content: [{ type: 'text', text }], structuredContent: structured }
}

function failed(text: string): CallToolResult {
  return { content: [{ type: 'text', text }], isError: true }
}
