// The pipes of a process of a pool, beside its channel for messages.
//
// A function may write to the channel, too. After a false length the receiver silently takes all further bytes for a
// part of that message. So a process that has sent nothing for a second writes the number of its messages to the stop
// pipe. If they do not arrive, the channel is spoilt.
//
// A process that computes receives no messages. It reads stop requests from the same pipe, without a turn of its loop:
// the number of the call, in four bytes.

import type { ChildProcess } from 'node:child_process'
import { readSync } from 'node:fs'
import type { Socket } from 'node:net'

/** Its place among the `stdio` of the process. */
const STOP_FD = 4
/** Closes with the manager, which asks through it for the call that the process has begun last. */
const LIFE_FD = 5
/** The minimum time between two reads, which take some µs each. */
const LOOK_MS = 2

/** The delay before a process reports the number of its messages, and the time limit for their arrival. */
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

/** The manager's side. Returns a function that requests a call to stop. */
export function stopRequests(child: ChildProcess): (id: number) => void {
  const pipe = child.stdio[STOP_FD] as Socket | null | undefined
  pipe?.on('error', () => {}) // the process is gone, which is reported elsewhere
  return (id) => {
    const number = Buffer.alloc(4)
    number.writeUInt32LE(id)
    if (pipe?.writable) pipe.write(number)
  }
}

/** The manager's side. Returns a function that asks for the last call that the process has begun, if it listens. */
export function begunCalls(child: ChildProcess, answered: (id: number) => void): () => void {
  const pipe = (child.stdio as readonly unknown[])[LIFE_FD] as Socket | null | undefined
  pipe?.on('error', () => {})
  pipe?.on('data', (bytes: Buffer) => answered(bytes.readInt32LE(bytes.length - 4)))
  return () => {
    if (pipe?.writable) pipe.write('?')
  }
}

/** The `stdio` of the process, after its channel. */
export const PIPES: readonly 'pipe'[] = ['pipe', 'pipe']

/**
 * Ends this process as soon as the manager is gone, and answers it, even if a function computes: a thread listens.
 * @param begun holds the id of the last call that has begun
 */
export function listenToManager(begun: Int32Array): void {
  if (!canReadPipes()) return
  try {
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const options = {
      eval: true,
      stdin: false,
      execArgv: [],
      env: {},
      resourceLimits: { stackSizeMb: 1 },
      workerData: begun,
    }
    new Worker(LISTENER, options).on('error', () => {}).unref()
  } catch {} // the process may start no threads
}

const LISTENER = `
const { Socket } = require('node:net')
const end = () => process.kill(process.pid, 'SIGKILL')
const pipe = new Socket({ fd: ${LIFE_FD}, readable: true, writable: true }).on('error', end).on('end', end)
pipe.on('data', () => pipe.write(Buffer.from(Int32Array.of(require('worker_threads').workerData[0]).buffer)))`

function canReadPipes(): boolean {
  return process.platform !== 'win32' && !('Bun' in globalThis) && !('Deno' in globalThis)
}

/** The side of the process. */
export class StopPipe {
  readonly #socket: Socket | undefined // makes reads non-blocking; it reads nothing itself
  readonly #bytes = Buffer.alloc(64)
  #lookedAt = 0
  #timer: NodeJS.Timeout | undefined
  /** Whether the pool is gone, as far as `requests` has noticed. */
  isClosed = false

  constructor() {
    if (!canReadPipes()) return // there the message has to do
    const { Socket } = process.getBuiltinModule('node:net') // few programs have processes
    this.#socket = new Socket({ fd: STOP_FD, readable: false, writable: true })
    this.#socket.on('error', () => {}).unref()
  }

  /** Reports the number of sent messages after a while. */
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

  /** The numbers of the calls with a stop request since the last look. */
  *requests(): Iterable<number> {
    const now = performance.now()
    if (this.#socket === undefined || now < this.#lookedAt + LOOK_MS) return
    this.#lookedAt = now
    const length = this.#read()
    for (let offset = 0; offset + 4 <= length; offset += 4) yield this.#bytes.readUInt32LE(offset)
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
