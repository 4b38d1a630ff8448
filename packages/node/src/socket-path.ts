// The path of a Unix server. Node removes the path it was bound to when the server closes, even if another server has
// taken it meanwhile. So a server is bound to a temporary path beside it, and moved to the real one:
//
//   bind  dir/.s4f2a1   ── chmod ──▶  rename  dir/app.sock      (in one step, also over the socket of a dead server)
//   close               Node removes dir/.s4f2a1, which is gone; we remove dir/app.sock if it is still the same file

import { randomBytes } from 'node:crypto'
import { chmodSync, lstatSync, renameSync, rmSync, type Stats } from 'node:fs'
import { connect } from 'node:net'
import { dirname, join } from 'node:path'
import type { Coroutine } from '@spindle/loop'
import { HostFuture } from '@spindle/loop/internal'

interface SocketPathOptions {
  readonly mode: number | undefined
  readonly replace: boolean
}

export class SocketPath {
  readonly path: string
  /** Where the server is bound to at first. */
  readonly bindPath: string
  readonly #options: SocketPathOptions
  // The file of this server, once it is at the path.
  #published: Stats | undefined

  constructor(path: string, options: SocketPathOptions) {
    this.path = path
    this.#options = options
    this.bindPath = path.startsWith('\0') ? path : join(dirname(path), `.s${randomBytes(3).toString('hex')}`)
  }

  /** @throws an error with the code `EADDRINUSE` if the path is taken */
  *check(): Coroutine<void> {
    const found = this.#isAbstract ? undefined : lstatSync(this.path, { throwIfNoEntry: false })
    if (found === undefined) return
    if (!found.isSocket()) throw inUse(this.path, 'is not a socket')
    if (!this.#options.replace && (yield* isListening(this.path))) {
      throw inUse(this.path, 'has a server, which `replace: true` would replace')
    }
  }

  /** Moves the socket to its path. Clients can connect from then on. */
  publish(): void {
    if (this.#isAbstract) return
    if (this.#options.mode !== undefined) chmodSync(this.bindPath, this.#options.mode)
    renameSync(this.bindPath, this.path)
    this.#published = lstatSync(this.path)
  }

  /** Removes the socket, if it is still ours. */
  remove(): void {
    const ours = this.#published
    this.#published = undefined
    if (ours === undefined) return
    const found = lstatSync(this.path, { throwIfNoEntry: false })
    if (found?.ino === ours.ino && found.dev === ours.dev) rmSync(this.path, { force: true })
  }

  get #isAbstract(): boolean {
    return this.path.startsWith('\0') // in no folder
  }
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
