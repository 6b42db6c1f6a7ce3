// The folders of an instance, and the lock that lets one daemon at a time serve it.
import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { lock } from '@sget/native'
import type { Paths } from '@sget/wire/broker'
import { joinLookMs, joinWaitMs } from './limits.ts'

/** Makes a folder (0700) where there is none. Returns why it cannot be trusted, or undefined. */
export function privateFolder(path: string, uid: number): string | undefined {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const found = lstatSync(path)
  if (!found.isDirectory()) return `${path} is not a folder`
  if (found.uid !== uid) return `${path} belongs to another user`
  if ((found.mode & 0o077) !== 0) chmodSync(path, 0o700)
  return undefined
}

/** Makes the folders that the daemon writes to. Returns the first fault, or undefined. */
export function prepareFolders(paths: Paths, uid: number): string | undefined {
  for (const folder of [paths.state, paths.audit, dirname(paths.socket), dirname(paths.vault)]) {
    const fault = privateFolder(folder, uid)
    if (fault !== undefined) return fault
  }
  return undefined
}

/**
 * Takes the instance's lock (flock(2)). The kernel gives it back when the process dies, however it dies; nothing else
 * decides whether a daemon runs, so a busy one is never taken for dead.
 *
 * @returns false when another daemon holds it
 */
export function takeInstance(path: string): boolean {
  const descriptor = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
  if (lock(descriptor)) return true
  closeSync(descriptor)
  return false
}

/** Waits until somebody serves a socket. Returns whether that came in time. */
export async function isSoonServed(path: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs < joinWaitMs; waitedMs += joinLookMs) {
    if (await isServed(path)) return true
    await setTimeout(joinLookMs)
  }
  return false
}

/** Whether somebody listens at a path. */
export function isServed(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect(path, () => {
    socket.destroy()
    resolve(true)
  })
  socket.on('error', () => resolve(false))
  return promise
}
