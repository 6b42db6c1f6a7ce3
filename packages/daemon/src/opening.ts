// Opening and closing the vault, and everything else that takes the passphrase.
import { newPassphraseBytesMin, Refusal } from '@sget/wire/broker'
import { ownTerminal } from './proofs.ts'
import { refusalOf } from './refusals.ts'
import type { Request } from './request.ts'

/** Opens the vault, or makes it. Opening an open one is no request for a passphrase. */
export async function unlock(request: Request<'unlock'>): Promise<void> {
  const { keeper } = request.house
  const { create } = request.body
  if (create && keeper.exists) throw new Refusal('vault-exists')
  if (!create && !keeper.exists) throw new Refusal('no-vault')
  if (create) await makeVault(request)
  else if (keeper.opened === undefined) await takeGuess(request, (passphrase) => keeper.unlock(passphrase))
  request.reply('done', {})
}

/** Takes the passphrase as proof that a human allows one waiting request, or all that follows on this connection. */
export async function prove(request: Request<'prove'>): Promise<void> {
  const { keeper, approvals, proofs, recorder } = request.house
  const { vault } = keeper.use
  const id = request.body.request
  if (id !== '') request.note({ reason: approvals.find(id).recorded })
  await takeGuess(request, async (passphrase) => {
    if (!(await vault.proves(passphrase))) throw new Refusal('passphrase-wrong')
  })
  recorder.record('proved', request.caller, request.noted)
  const terminal = ownTerminal(request.caller)
  if (terminal !== undefined) proofs.proveTerminal(terminal)
  if (id === '') proofs.proveConnection(request.exchange.connection)
  else approvals.decide(id, 'approved')
  request.reply('done', {})
}

/** Puts the vault under a new passphrase. The old one must have been proved on this connection. */
export async function passwd(request: Request<'passwd'>): Promise<void> {
  const { keeper, proofs, pools, recorder } = request.house
  const { vault } = keeper.use
  if (!proofs.isProvedConnection(request.exchange.connection)) throw new Refusal('not-human')
  await takePassphrase(request, (passphrase) => {
    refuseShort(passphrase)
    return vault.rekey(passphrase, { pool: pools })
  })
  recorder.record('passphrase-changed', request.caller)
  request.reply('done', {})
}

/** Closes the vault. Anybody may: it only takes away. */
export async function lock(request: Request<'lock'>): Promise<void> {
  await request.house.keeper.lock('asked')
  request.reply('done', {})
}

function refuseShort(passphrase: Buffer): void {
  if (passphrase.length < newPassphraseBytesMin) throw new Refusal('passphrase-short')
}

/** A new vault's passphrase is no guess, and what was guessed of another one's does not count here. */
async function makeVault(request: Request<'unlock'>): Promise<void> {
  const { keeper, throttle } = request.house
  await takePassphrase(request, (passphrase) => {
    refuseShort(passphrase)
    return keeper.create(passphrase)
  })
  throttle.right()
}

/** A passphrase that may be wrong, which costs time. */
async function takeGuess(request: Request, use: (passphrase: Buffer) => Promise<void>): Promise<void> {
  const { throttle, recorder } = request.house
  throttle.check()
  await takePassphrase(request, async (passphrase) => {
    throttle.begin()
    try {
      await use(passphrase)
    } catch (error) {
      if (refusalOf(error)?.failure === 'passphrase-wrong') {
        recorder.record('proof-refused', request.caller, request.noted)
        throttle.wrong()
      } else throttle.undo()
      throw error
    }
    throttle.right()
  })
}

async function takePassphrase(request: Request, use: (passphrase: Buffer) => Promise<void>): Promise<void> {
  await request.readyToTake()
  using supplied = await request.exchange.supplied(request.house.passphrases)
  if (supplied.bytes.length === 0) throw new Refusal('passphrase-empty')
  await use(supplied.bytes)
}
