// From a message to the handler that answers it, and from a refusal to its record.
import { messages, Refusal, type MessageName, type PlainName, type Received } from '@sget/wire/broker'
import { approve, deny, requests } from './answering.ts'
import { release } from './broker.ts'
import type { Exchange } from './exchange.ts'
import { clear, grant, grants, revoke } from './granting.ts'
import type { House } from './house.ts'
import { install } from './installing.ts'
import { mask } from './masking.ts'
import { mounts, testMount } from './mounting.ts'
import { forgetOrigin, origins } from './origin-list.ts'
import { lock, passwd, prove, unlock } from './opening.ts'
import { refusalOf } from './refusals.ts'
import { Request } from './request.ts'
import { findings, scrub } from './scrubbing.ts'
import { document, stage } from './staging.ts'
import { login, logout, session } from './signing-in.ts'
import { backup, reset, restore } from './succession.ts'
import { describe, list, status, verify } from './telling.ts'
import { generate, put, remove, rotate } from './writing.ts'

type Handlers = { readonly [N in PlainName]?: (request: Request<N>) => Promise<void> | void }

/** Who answers what. */
const handlers = {
  read: release,
  run: release,
  status,
  list,
  describe,
  lock,
  grant,
  clear,
  unlock,
  prove,
  passwd,
  put,
  remove,
  generate,
  grants,
  requests,
  approve,
  deny,
  revoke,
  verify,
  document,
  stage,
  backup,
  restore,
  reset,
  install,
  mask,
  scrub,
  findings,
  origins,
  forgetOrigin,
  mounts,
  testMount,
  rotate,
  login,
  logout,
  session,
} as const satisfies Handlers

type RequestName = keyof typeof handlers

/** Answers one request. A refusal is recorded before it is sent; what only tells is refused without a record. */
export async function dispatch(house: House, exchange: Exchange, message: Received): Promise<void> {
  if (!isRequest(message.name)) throw new Refusal('wrong-sender')
  const request = new Request(house, exchange, message.body)
  // A session that is over has taken with it what it allowed, though no timer has fired.
  house.signIn.sweep()
  try {
    if (messages[message.name].sender === 'outside') refuseAgents(request, message.name)
    await (handlers[message.name] as (request: Request) => Promise<void> | void)(request)
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal !== undefined && refusal.failure !== 'connection-lost') recordRefusal(request, refusal)
    throw error
  }
}

function isRequest(name: MessageName): name is RequestName {
  return name in handlers
}

function refuseAgents({ caller }: Request, name: RequestName): void {
  if (caller.class !== 'agent') return
  const wantsPassphrase = name === 'unlock' || name === 'prove' || name === 'passwd'
  throw new Refusal(wantsPassphrase ? 'passphrase-agent' : 'agent-forbidden')
}

function recordRefusal(request: Request, { failure }: Refusal): void {
  const caller = request.knownCaller
  if (caller !== undefined) request.house.recorder.refuse(caller, { ...request.noted, reason: failure })
}
