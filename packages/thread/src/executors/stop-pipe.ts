// Two pipes of a process of a pool, beside the channel of its messages.
//
// A function may write to the channel of its process, too. After a false length everything else is taken for a part of
// that message, and nothing says so. So a process that has said nothing more for a second says through a pipe how many
// messages it has sent: if they do not come, its channel is spoilt.
//
// A process that computes receives no messages, so it would not learn that its call should stop. It reads a separate
// pipe, which needs no turn of its loop: the manager writes the number of the call, four bytes.

import type { ChildProcess } from 'node:child_process'
import { readSync } from 'node:fs'
import type { Socket } from 'node:net'

/** Its place among the `stdio` of the process. */
const STOP_FD = 4
/** What closes with the manager: nothing comes through it. */
const LIFE_FD = 5
/** How often a process looks at most: that costs some µs. */
const LOOK_MS = 2

/** How long a process waits before it says how many messages it has sent, and how long those may take to arrive. */
const COUNT_AFTER_MS = 1000

/**
 * Calls `spoilt` when messages that a process has sent do not arrive.
 * @param arrived how many have arrived
 */
export function watchChannel(child: ChildProcess, arrived: () => number, spoilt: () => void): void {
  const pipe = child.stdio[STOP_FD] as Socket | null | undefined
  pipe?.on('data', (bytes: Buffer) => {
    const sent = bytes.length < 4 ? 0 : bytes.readUInt32LE(bytes.length - 4)
    const check = (): void => {
      if (arrived() < sent && child.connected) spoilt()
    }
    if (arrived() < sent) setTimeout(check, COUNT_AFTER_MS)
  })
}

/** The end of the manager. */
export function stopRequests(child: ChildProcess): (id: number) => void {
  const pipe = child.stdio[STOP_FD] as Socket | null | undefined
  pipe?.on('error', () => {}) // the process is gone, which is reported elsewhere
  return (id) => {
    const number = Buffer.alloc(4)
    number.writeUInt32LE(id)
    if (pipe?.writable) pipe.write(number)
  }
}

/** The `stdio` of the process, after its channel. */
export const PIPES: readonly 'pipe'[] = ['pipe', 'pipe']

/**
 * Ends this process as soon as the manager is gone, however it went, even if a function computes: a thread listens.
 */
export function endWithManager(): void {
  if (!canReadPipes()) return
  try {
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const options = { eval: true, stdin: false, execArgv: [], env: {}, resourceLimits: { stackSizeMb: 1 } }
    new Worker(LISTENER, options).on('error', () => {}).unref()
  } catch {} // the process may start no threads
}

const LISTENER = `
const { Socket } = require('node:net')
const end = () => process.kill(process.pid, 'SIGKILL')
new Socket({ fd: ${LIFE_FD}, readable: true, writable: false }).on('error', end).on('end', end).resume()`

function canReadPipes(): boolean {
  return process.platform !== 'win32' && !('Bun' in globalThis) && !('Deno' in globalThis)
}

/** The end of the process. */
export class StopPipe {
  readonly #socket: Socket | undefined // sees to it that a read does not block; it reads nothing itself
  readonly #bytes = Buffer.alloc(64)
  #lookedAt = 0
  #timer: NodeJS.Timeout | undefined // until `tell` says something
  /** Whether the pool is gone, however it went: seen by `requests`. */
  isClosed = false

  constructor() {
    if (!canReadPipes()) return // there the message has to do
    const { Socket } = process.getBuiltinModule('node:net') // few programs have processes
    this.#socket = new Socket({ fd: STOP_FD, readable: false, writable: true })
    this.#socket.on('error', () => {}).unref()
  }

  /** Says after a while how many messages have been sent. @param sent their number by then */
  tell(sent: () => number): void {
    if (this.#socket === undefined || this.#timer !== undefined) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      const number = Buffer.alloc(4)
      number.writeUInt32LE(sent())
      this.#socket?.write(number)
    }, COUNT_AFTER_MS)
    this.#timer.unref()
  }

  /** The numbers of the calls that were asked to stop since the last look. */
  *requests(): Iterable<number> {
    const now = performance.now()
    if (this.#socket === undefined || now < this.#lookedAt + LOOK_MS) return
    this.#lookedAt = now
    const length = this.#read()
    for (let place = 0; place + 4 <= length; place += 4) yield this.#bytes.readUInt32LE(place)
  }

  #read(): number {
    try {
      const length = readSync(STOP_FD, this.#bytes)
      this.isClosed ||= length === 0
      return length
    } catch {
      return 0 // there is nothing
    }
  }
}
