// The courier's own bounds.

/** Until the other side has taken the connection, TLS included. */
export const connectMs = 10_000

/** A whole call, redirects and repetitions included. */
export const callMs = 30_000

/** The body of an answer. */
export const bodyBytesMax = 4 * 1024 * 1024

/** Redirects within the same origin. */
export const redirectsMax = 3

/** How often a GET is repeated that met a server in trouble, and how long before: doubled each time, and jittered. */
export const retriesMax = 2
export const retryMs = 250

/** A server that wants more patience than this is not waited for. */
export const retryAfterMsMax = 30_000

/** Connections to one origin that are kept for the next call. */
export const keptConnectionsMax = 8
