// What a tool is made of, and how its results and failures reach the client.
import type { CallToolResult, McpServer, ServerContext, ToolAnnotations } from '@modelcontextprotocol/server'
import { Refusal } from '@sget/wire'
import type { z } from 'zod'
import { explain } from './explain.ts'
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
  /** Throws a Refusal when it cannot. */
  readonly answer: (
    session: Session,
    input: z.output<I>,
    context: ServerContext,
  ) => Promise<Result<z.input<O>>>
}

/** A tool as the table holds it. */
export type Registered = (server: McpServer, session: Session) => void

/** Makes a row of the table. */
export function tool<I extends z.ZodObject, O extends z.ZodObject>(row: Tool<I, O>): Registered {
  const { name, title, description, input: inputSchema, output: outputSchema, annotations } = row
  return (server, session) => {
    const config = { title, description, inputSchema, outputSchema, annotations }
    server.registerTool<z.ZodObject, z.ZodObject>(name, config, (input, context) =>
      call(row, session, input as z.output<I>, context),
    )
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
): Promise<CallToolResult> {
  try {
    const { structured, text } = await row.answer(session, input, context)
    return { content: [{ type: 'text', text }], structuredContent: structured }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    const text = explain(session.programs, row.tries(input), error)
    return { content: [{ type: 'text', text }], isError: true }
  }
}
