// Every bound of the protocol, in one place; PROTOCOL.md and packages/sget/src/limits.h repeat them.

/** The version that both sides must name in `hello`; any difference ends the connection. */
export const protocolVersion = 1

/** A value: what a secret's field may hold. */
export const valueBytesMax = 1024 * 1024

/** A frame that carries a value, everything after the length included. */
export const frameBytesMax = valueBytesMax + 4096

/** A document: a policy or a config, whole. */
export const documentBytesMax = 64 * 1024

/** A frame that carries no value. */
export const plainFrameBytesMax = documentBytesMax + 4096

/** A text field. Refs, reasons and names have their own, smaller limits. */
export const textBytesMax = 4096

/** Rows of a list in one message; longer lists come in pages. */
export const rowsMax = 256

/** A ref without its field. */
export const refBytesMax = 512

/** The name of a field of a secret. */
export const fieldBytesMax = 64

/** The name of a variable that is to hold a secret. */
export const variableBytesMax = 128

/** What an agent says a secret is for. */
export const reasonBytesMax = 500

/** Refs that one `read` or one `grant` may ask for. */
export const refsPerRequestMax = 32

/** Requests of one connection that have no final reply yet. */
export const requestsInFlightMax = 64

/** A new passphrase has at least so many. */
export const newPassphraseBytesMin = 8

/** A socket's path: `sun_path` is 108 bytes with its NUL (unix(7)). */
export const socketPathBytesMax = 107
