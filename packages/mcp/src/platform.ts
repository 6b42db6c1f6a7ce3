// What the MCP SDK takes from its platform, in place of its own `_shims` when the bundle is made. Its own brings a
// validator for the answers to elicitations, 290 kB that every start would read; this server never elicits.
export { default as process } from 'node:process'

/** Stands where the validator stood; building one is free, using it is a bug. */
export class DefaultJsonSchemaValidator {
  getValidator(): never {
    throw new Error('sget-mcp asks its client for nothing')
  }
}
