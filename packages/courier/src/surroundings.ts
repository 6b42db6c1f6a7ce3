// What must be true around the process that touches the network, asserted once at start.
import { fstatSync } from 'node:fs'
import inspector from 'node:inspector'
import { courierDescriptor } from './messages.ts'

/** What Node's permission model must refuse this process, but for single files (nodejs.org/api/permissions.html). */
const forbidden = ['fs.read', 'fs.write', 'child', 'worker'] as const

/** The reason why this process must not work, or undefined when all is well. */
export function unsafeSurroundings(): string | undefined {
  if (!isSocket(courierDescriptor)) return 'only sgetd starts it'
  if (forbidden.some((what) => isAllowed(what))) return 'it runs without the walls that sgetd puts around it'
  if (inspector.url() !== undefined) return 'an inspector is open'
  return undefined
}

/** Without the permission model there is nobody to ask, and all is allowed. */
function isAllowed(what: string): boolean {
  const { permission } = process as { permission?: NodeJS.ProcessPermission }
  return permission === undefined || permission.has(what)
}

function isSocket(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isSocket()
  } catch {
    return false
  }
}
