// What the MCP SDK takes from its platform, in place of its own `_shims` when the bundle is made. Its own brings a
// validator for what people fill into forms, 290 kB that every start would read; this server shows addresses and no form.
export { default as process } from 'node:process'

/** Stands where the validator stood; building one is free, using it is a bug. */
export class DefaultJsonSchemaValidator {
  getValidator(): never {
    throw new Error('sget-mcp has no form to be filled in')
  }
}
