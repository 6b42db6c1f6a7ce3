// Bounds of the SSO session.

/** From the address that is shown until the human has signed in. */
export const loginMs = 5 * 60_000

/** How far the provider's clock may be from ours. */
export const skewSeconds = 60

/** Each of the tokens, and the key. */
export const tokenBytesMax = 48 * 1024

/** How long an access token is taken to serve where the provider does not say, and at most. */
export const lifetimeMsDefault = 5 * 60_000
export const lifetimeMsMax = 30 * 24 * 60 * 60_000

/** What is shown of who signed in, in characters. `sub` itself has at most 255 (OpenID Connect Core, section 2). */
export const subjectLengthMax = 255
export const nameLengthMax = 64

/** Names of ways of signing in, and how many of them. */
export const methodLengthMax = 128
export const methodsMax = 16

/** Between two questions whether a device's human is done: as RFC 8628, section 3.2 has it, and whatever the provider says. */
export const pollSecondsDefault = 5
export const pollSecondsMin = 1
export const pollSecondsMax = 60

/** The code that a human types elsewhere. */
export const userCodeLengthMax = 32

/** What the browser sends to our address on loopback, in all its headers; and how many connections at once. */
export const landingBytesMax = 16 * 1024
export const landingConnectionsMax = 32

/** Until a request to it is there whole. */
export const landingMs = 5_000

/** A WWW-Authenticate header that is looked at. */
export const challengeLengthMax = 8 * 1024

/** More than any call may take (`callMs`), so that openid-client's own clock never counts. */
export const libraryTimeoutSeconds = 120
