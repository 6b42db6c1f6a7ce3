// Bundles all programs into build/lib.
import { resolve } from 'node:path'
import { bundle } from './bundle.ts'

await bundle(
  ['sgetd', 'sget-courier', 'sgetctl', 'sget-mcp'],
  resolve(import.meta.dirname, '../../build/lib'),
)
