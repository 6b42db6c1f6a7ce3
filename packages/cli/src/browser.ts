// The human's browser: started on their screen where there is one, without a shell.

/** Where whoever types would see a window. */
export interface Screen {
  readonly display: boolean
  /** They sit at another machine. */
  readonly overSsh: boolean
}

/** What the launcher lets through of where windows go. It decides about nothing else. */
export function screenOf(environment: NodeJS.ProcessEnv, platform: NodeJS.Platform): Screen {
  const has = (name: string): boolean => (environment[name] ?? '') !== ''
  const overSsh = has('SSH_CONNECTION')
  const windows = has('DISPLAY') || has('WAYLAND_DISPLAY')
  return { display: platform === 'darwin' ? !overSsh : windows, overSsh }
}

/**
 * Opens an address, or does not.
 *
 * @returns what became of it, for the human
 */
export async function openBrowser(screen: Screen, address: string): Promise<string> {
  const obstacle = obstacleTo(screen, address)
  if (obstacle !== undefined) return `no browser is opened: ${obstacle}`
  try {
    // Only here: no other command has to read it.
    const { default: open } = await import('open')
    await open(address)
    return 'your browser opens it'
  } catch (error) {
    return `no browser is opened: ${error instanceof Error ? error.message : String(error)}`
  }
}

function obstacleTo({ display, overSsh }: Screen, address: string): string | undefined {
  // A program that opens addresses opens files and starts applications too.
  if (!/^https?:\/\//i.test(address)) return 'the address begins with neither https:// nor http://'
  if (display) return undefined
  return overSsh ? 'this is a session over SSH' : 'there is no screen here'
}
