// What a human sees who starts the courier by hand. Under sgetd its standard error is /dev/null.

/** Tells why it does not run. */
export function complain(text: string): void {
  process.stderr.write(`sget-courier: ${text}\n`)
}
