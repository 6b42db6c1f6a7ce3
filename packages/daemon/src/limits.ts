// The daemon's own bounds; those of the protocol are in wire.
import { askMs } from '@sget/policy'

/** Connections of all peers together, who are all of one uid. */
export const connectionsMax = 1200

/** Connections of one process. */
export const connectionsPerProcessMax = 256

/** Above these the kernel's queue is emptied without a word. */
export const connectionsUnheardMax = 64

/** A connection must say hello within this time. */
export const helloWaitMs = 10_000

/** A frame that has begun must be whole within this time, but for a secret in a `supply` frame: see `supplyWaitMs`. */
export const frameWaitMs = 10_000

/** A client that is no agent's server and asks for nothing is let go after this time. */
export const plainIdleMs = 10 * 60_000

/** Replies that are kept for a peer before it has read them; beyond that no more requests are read from it. */
export const unreadBytesMax = 256 * 1024

/** For so long. */
export const unreadWaitMs = 30_000

/** From `ready` to `ack` where nobody types: the client has only to become non-dumpable. */
export const ackWaitMs = 5_000

/** From `ready` to `ack` where a human types a value or a passphrase. */
export const typingWaitMs = 5 * 60_000

/** From `room` to the last byte of the secret: a locked buffer is not to be held by a slow peer. */
export const supplyWaitMs = 2_000

/** Passphrases that are looked at side by side; each takes Argon2 its time, longer on a busy machine. */
export const passphrasesMax = 4
export const passphraseLoanMs = 2 * 60_000

/** How long a request waits for a human, grants and all else alike. */
export const approvalWaitMs = askMs

/** Requests of all connections that wait for a human, and of one agent or, outside agents, of one process. */
export const approvalsMax = 50
export const approvalsPerAskerMax = 8

/** Short frames of locked memory, and their length: what fits there never waits for long values. */
export const shortFramesMax = 16
export const shortFrameBytes = 8 * 1024

/** Sessions of one agent: each is a connection of an MCP server below it. */
export const sessionsPerAgentMax = 64

/** After a refusal by a human the same session is not asked about the same secret for this long. */
export const refusedBackOffMs = 5 * 60_000

/** References that a human let env files use, each with the root of its repository, and how long that path may be. */
export const originPairsMax = 512
export const originBytesMax = 1024

/** The passphrase typed on a terminal serves that terminal until it was idle for this long. */
export const proofIdleMs = 15 * 60_000

/** Wrong passphrases that cost nothing, and the longest lock that more of them cause. */
export const freeTriesMax = 5
export const throttleSecondsMax = 300

/** What is in flight at SIGTERM has this long to end. */
export const drainMs = 3_000

/** How often the daemon looks whether it has been idle for too long, or an agent has died. */
export const sweepMs = 5_000

/** Grants that have ended and are still known, so that a spent handle that comes again raises an alarm. */
export const endedGrantsMax = 4096

/** After so many records the newest one's number and MAC are put into the vault; at each opening and closing as well. */
export const recordsPerAnchor = 1000

/** The vault keeps the newest record of so many epochs; a MAC covers all that came before it. */
export const anchoredEpochsMax = 16

/** How long one that is to run detached waits for another that starts at the same time to serve, and between two looks. */
export const joinWaitMs = 10_000
export const joinLookMs = 20

/** What was given and is to be looked for: so many recipients at a time, of each so many fields and directories. */
export const givingsMax = 256
export const givenItemsMax = 64
export const givenPlacesMax = 8

/** Runs that are followed to their end: each takes a descriptor. */
export const runsMax = 256

/** A process takes a moment to end after its connection has closed. */
export const runClosedLookMs = 200

/** After the last run without a grant it is this long before its values are looked for: an agent runs many in a row. */
export const settleMs = 3_000

/** Checks side by side, and those that wait for their turn. */
export const checksAtOnceMax = 2
export const checksWaitingMax = 256

/** Checks that are over and still known: for who asks what was found, and for scrubbing. */
export const checksKeptMax = 256

/** How long a session that gave a grant back waits for what the check finds. */
export const clearWaitMs = 8_000

/** What agents may learn of checks about one field, in so long. */
export const answersPerFieldMax = 12
export const answersWindowMs = 60 * 60_000

/** A worker is ended after this time; it says itself before that how far it came. */
export const workerMs = 8_000

/** Messages of a worker that nobody has taken yet: it tells at most 64 places. */
export const workerMessagesMax = 80

/** Texts that are masked side by side, and those that wait; and the values that are looked for in one. */
export const masksAtOnceMax = 1
export const masksWaitingMax = 32
export const maskedItemsMax = 64

/** When a masked text goes back is a multiple of this: how long the search took would tell how far a guess was right. */
export const maskGrainMs = 50
/** How long a provider may take for one value: it may ask a token or a server of its own. */
export const providerMs = 30_000

/** A login, from the question to the provider on: the courier gives the human five minutes of that. */
export const loginMs = 7 * 60_000

/** Any other job of the SSO session: it may have to ask the provider to describe itself first. */
export const sessionJobMs = 70_000

/** Requests that wait for one login; one more is refused. */
export const loginAskersMax = 256

/** After a renewal that came to nothing, the time that is left is divided into so many tries, with a pause in these bounds. */
export const renewalTries = 8
export const renewalPauseMsMin = 1_000
export const renewalPauseMsMax = 60_000

/** The same of a remembered session that is to be taken up: the pause doubles from one bound to the other. */
export const takeUpPauseMsMin = 5_000
export const takeUpPauseMsMax = 5 * 60_000
