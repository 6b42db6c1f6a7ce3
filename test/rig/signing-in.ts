// An instance whose config names an identity provider, and peers on its socket that ask for logins.
import assert from 'node:assert/strict'
import { chownSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Human, type Manner } from '../../packages/courier/test/oidc/human.ts'
import { clientId } from '../../packages/courier/test/oidc/provider-facts.ts'
import { failureIn, Peer } from '../../packages/daemon/test/peer.ts'
import { encode, type Body } from '../../packages/wire/src/broker.ts'
import { passphrase, type Instance } from './instance.ts'

/** The config that has people sign in there; `more` are further lines of `[sso]`. */
export function configFor(issuer: string, more = ''): string {
  return `[sso]\nissuer = "${issuer}"\nclient_id = "${clientId}"\nconsent = true\n${more}\n[network]\nloopback_http = true\n`
}

/** Puts a config in force, as a human who proves it. */
export async function configure(instance: Instance, text: string): Promise<void> {
  const draft = join(instance.home, 'config/config.toml')
  writeFileSync(draft, text, { mode: 0o600 })
  if (instance.uid !== undefined) chownSync(draft, instance.uid, instance.uid)
  const applied = await instance.sgetctl(['config', 'apply', '--passphrase-fd', '3'], { passphrase })
  assert.equal(applied.code, 0, applied.stderr)
}

/** One who asks on a connection of their own. */
export class Asker {
  readonly peer: Peer
  #nextId = 2

  /** @param home of the instance that it asks */
  constructor(home: string) {
    this.peer = new Peer(home).hello()
  }

  /** Asks for a login; `invited` and `came` tell how it goes on. */
  login(how: Partial<Body<'login'>> = {}): Login {
    const id = this.#nextId++
    this.peer.say(encode('login', id, { device: false, again: false, ...how }))
    return new Login(this.peer, id)
  }

  async session(): Promise<Body<'sessionState'>> {
    const id = this.#nextId++
    this.peer.say(encode('session', id, {}))
    await this.peer.until(() => this.peer.heard.some((heard) => heard.id === id))
    const reply = this.peer.heard.find((heard) => heard.id === id)
    assert(reply?.name === 'sessionState', failureIn(reply))
    return reply.body
  }

  /** Ends the session: where to go, or the failure. */
  async logout(): Promise<string> {
    const id = this.#nextId++
    this.peer.say(encode('logout', id, {}))
    await this.peer.until(() => this.peer.heard.some((heard) => heard.id === id))
    const reply = this.peer.heard.find((heard) => heard.id === id)
    return reply?.name === 'loggedOut' ? reply.body.url : failureIn(reply)
  }

  /** Asks until the session is as it is waited for. */
  async sees(isSo: (state: Body<'sessionState'>) => boolean): Promise<Body<'sessionState'>> {
    for (;;) {
      const state = await this.session()
      if (isSo(state)) return state
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  leave(): void {
    this.peer.leave()
  }
}

/** A login that was asked for. */
export class Login {
  readonly #peer: Peer
  readonly #id: number

  constructor(peer: Peer, id: number) {
    this.#peer = peer
    this.#id = id
  }

  /** What is said of it first: a message by its name, or the failure. */
  async first(): Promise<string> {
    await this.#peer.until(() => this.#replies.length > 0)
    const [first] = this.#replies
    return failureIn(first) || (first?.name ?? 'nothing')
  }

  /** The request that waits for a proof. */
  async waiting(): Promise<string> {
    await this.#peer.until(() => this.#replies.length > 0)
    const [first] = this.#replies
    assert(first?.name === 'waiting', failureIn(first))
    return first.body.request
  }

  /** The invitation, as soon as there is one. Fails with what came instead. */
  async invited(): Promise<Body<'invitation'>> {
    const invitation = (): Peer['heard'][number] | undefined =>
      this.#replies.find(({ name }) => name !== 'waiting')
    await this.#peer.until(() => invitation() !== undefined)
    const came = invitation()
    assert(came?.name === 'invitation', failureIn(came))
    return came.body
  }

  /** How it ended: `done`, or the failure. */
  async came(): Promise<string> {
    const end = (): Peer['heard'][number] | undefined =>
      this.#replies.find(({ name }) => name === 'done' || name === 'failure')
    await this.#peer.until(() => end() !== undefined)
    return failureIn(end()) || (end()?.name ?? 'nothing')
  }

  /** A human signs in as they were invited, and lands with sgetd's courier. Returns how it ended. */
  async signIn(manner: Manner = {}, human = new Human()): Promise<string> {
    const { url, code } = await this.invited()
    const landed = await human.follow(url, code === '' ? manner : { code, ...manner })
    if (landed.startsWith('http')) await fetch(landed)
    return await this.came()
  }

  get #replies(): Peer['heard'] {
    return this.#peer.heard.filter(({ id }) => id === this.#id)
  }
}
