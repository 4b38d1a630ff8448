// The path of a Unix server. Node removes the path it was bound to when the server closes, even if another server has
// taken it in between. So a server is bound to a temporary path beside it, and moved to the real one:
//
//   bind  dir/.s4f2a1   ── chmod ──▶  link dir/app.sock         (in one step, which fails if there is a file)
//                                     rename, with `replace`    (in one step, also over the socket of a live server)
//   close               Node removes dir/.s4f2a1, which is gone; we remove dir/app.sock if it is still the same file
//
// The socket of a dead server is moved aside before. Of several servers that find it, one moves it; the others see what
// has come in its place.

import { randomBytes } from 'node:crypto'
import { chmodSync, linkSync, lstatSync, renameSync, rmSync, type Stats } from 'node:fs'
import { connect } from 'node:net'
import { basename, dirname, join } from 'node:path'
import type { Coroutine } from '@spindle/loop'
import { HostFuture } from '@spindle/loop/internal'

// The longest address of a socket. A longer path is cut off by some versions of Node, rather than refused.
const MAX_BYTES = process.platform === 'linux' ? 107 : 103
const TEMPORARY_BYTES = 8

interface SocketPathOptions {
  readonly mode: number | undefined
  readonly replace: boolean
}

export class SocketPath {
  readonly path: string
  readonly bindPath: string
  readonly #options: SocketPathOptions
  // The file of this server, once it is at the path.
  #published: Stats | undefined

  constructor(path: string, options: SocketPathOptions) {
    checkSocketPath(path, 'listen')
    this.path = path
    this.#options = options
    this.bindPath = isAbstract(path) ? path : temporaryPath(path)
  }

  /**
   * Moves the socket to its path. Clients can connect from then on.
   * @throws an error with the code `EADDRINUSE` if the path is taken
   */
  *publish(): Coroutine<void> {
    if (isAbstract(this.path)) return
    if (this.#options.mode !== undefined) chmodSync(this.bindPath, this.#options.mode)
    const ours = lstatSync(this.bindPath)
    while (!this.#isMoved()) {
      const found = lstatSync(this.path, { throwIfNoEntry: false })
      if (found === undefined) continue
      if (!found.isSocket()) throw inUse(this.path, 'is not a socket')
      if (yield* isListening(this.path)) throw inUse(this.path, 'has a server, which `replace: true` would replace')
      this.#moveAside(found)
    }
    this.#published = ours
  }

  /** Removes the socket, unless another server has replaced it. */
  remove(): void {
    const ours = this.#published
    this.#published = undefined
    if (ours === undefined) return
    const found = lstatSync(this.path, { throwIfNoEntry: false })
    if (found !== undefined && isSame(found, ours)) rmSync(this.path, { force: true })
  }

  #isMoved(): boolean {
    const found = this.#options.replace ? lstatSync(this.path, { throwIfNoEntry: false }) : undefined
    if (found?.isSocket()) {
      renameSync(this.bindPath, this.path)
      return true
    }
    try {
      linkSync(this.bindPath, this.path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
      throw error
    }
    rmSync(this.bindPath, { force: true })
    return true
  }

  /** Takes the socket of a dead server away; if another socket has replaced it, that is put back. */
  #moveAside(dead: Stats): void {
    const aside = temporaryPath(this.path)
    try {
      renameSync(this.path, aside)
    } catch {
      return // another one was faster
    }
    try {
      if (!isSame(lstatSync(aside), dead)) linkSync(aside, this.path)
    } finally {
      rmSync(aside, { force: true })
    }
  }
}

/** @throws an error with the code `ENAMETOOLONG` if a socket cannot have this path */
export function checkSocketPath(path: string, operation: string): void {
  const bytes = Buffer.byteLength(path)
  if (bytes <= MAX_BYTES) return
  const message = `${operation} ENAMETOOLONG: the path of a Unix socket has at most ${MAX_BYTES} bytes, got ${bytes}`
  throw Object.assign(new Error(message), { code: 'ENAMETOOLONG', path })
}

function isAbstract(path: string): boolean {
  return path.startsWith('\0') // in no folder
}

function temporaryPath(path: string): string {
  const folder = join(dirname(path), '/')
  const room = Math.max(Buffer.byteLength(basename(path)), MAX_BYTES - Buffer.byteLength(folder))
  const name = `.s${randomBytes(TEMPORARY_BYTES).toString('hex')}`
  return folder + (room < TEMPORARY_BYTES ? name.slice(-room) : name.slice(0, TEMPORARY_BYTES))
}

function isSame(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev
}

function* isListening(path: string): Coroutine<boolean> {
  const socket = connect(path)
  const future = new HostFuture<boolean>('connect')
  socket.once('connect', () => future.resolve(true))
  socket.on('error', (error: NodeJS.ErrnoException) => future.resolve(error.code === 'EAGAIN')) // its backlog is full
  try {
    return yield* future
  } finally {
    socket.destroy()
  }
}

function inUse(path: string, why: string): Error {
  return Object.assign(new Error(`listen EADDRINUSE: ${path} ${why}`), { code: 'EADDRINUSE', path })
}
