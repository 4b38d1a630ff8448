// The pipe between the manager and a process of a pool, beside the channel for messages. A process that computes
// receives no messages. So a thread of it reads the pipe, and shares memory with the functions:
//
//   manager ──pipe──▶ thread of the process: the id of a call that should stop; 0 asks which call has begun last
//           ◀──────── its id, or 0; or below 0: how many messages the process has sent
//
// A function may write to the channel, too. After a false length the receiver silently takes all further bytes for a
// part of that message. So a process reports the number of its messages a second after it has sent one. If they do not
// arrive, the channel is spoilt.

import type { ChildProcess } from 'node:child_process'
import { writeSync } from 'node:fs'
import type { Socket } from 'node:net'

/** Its place among the `stdio` of the process, after the channel. */
const FD = 4

/** The delay before a process reports the number of its messages, and the time limit for their arrival. */
const COUNT_AFTER_MS = 1000

export interface PipeEvents {
  /** The last call that the process has begun, if it was asked. */
  begun(id: number): void
  arrived(): number
  /** Messages that the process has sent do not arrive. */
  spoilt(): void
}

/** The manager's end. Returns a function that requests a call to stop, or asks for the last that has begun. */
export function pipeToProcess(child: ChildProcess, { begun, arrived, spoilt }: PipeEvents): (id: number) => void {
  const pipe = child.stdio[FD] as Socket | null | undefined
  pipe?.on('error', () => {}) // the process is gone, which is reported elsewhere
  pipe?.on('data', (bytes: Buffer) => {
    for (const number of numbersIn(bytes)) {
      if (number >= 0) begun(number)
      else if (arrived() < -number) setTimeout(() => arrived() < -number && child.connected && spoilt(), COUNT_AFTER_MS)
    }
  })
  return (id) => {
    if (pipe?.writable) pipe.write(bytesOf(id))
  }
}

/** In place of the id of a call: which call has begun last? */
export const ASK = 0

/** The end of the process. */
export class PipeToManager {
  readonly #begun = new Int32Array(new SharedArrayBuffer(4))
  readonly #stopped: Int32Array // for each slot, the id of a call with a stop request
  #timer: NodeJS.Timeout | undefined

  constructor(slots: number) {
    this.#stopped = new Int32Array(new SharedArrayBuffer(4 * slots))
  }

  /** From now on this process reads the pipe, and ends as soon as the manager is gone, even if a function computes. */
  listen(): void {
    if (!canUsePipes()) return // there the messages have to do
    try {
      const { Worker } = process.getBuiltinModule('node:worker_threads')
      const workerData = { begun: this.#begun, stopped: this.#stopped }
      const resourceLimits = { stackSizeMb: 1 }
      const options = { eval: true, stdin: false, execArgv: [], env: {}, resourceLimits, workerData }
      new Worker(LISTENER, options).on('error', () => {}).unref()
    } catch {} // the process may start no threads
  }

  noteBegun(id: number): void {
    Atomics.store(this.#begun, 0, id)
  }

  noteStop(id: number): void {
    Atomics.store(this.#stopped, id % this.#stopped.length, id)
  }

  isStopRequested(id: number): boolean {
    return Atomics.load(this.#stopped, id % this.#stopped.length) === id
  }

  /** Reports the number of sent messages after a while. */
  tellSent(sent: () => number): void {
    if (this.#timer !== undefined || !canUsePipes()) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      try {
        writeSync(FD, bytesOf(-sent()))
      } catch {} // the manager is gone
    }, COUNT_AFTER_MS).unref()
  }
}

const LISTENER = `
const { Socket } = require('node:net')
const { begun, stopped } = require('node:worker_threads').workerData
const end = () => process.kill(process.pid, 'SIGKILL')
const pipe = new Socket({ fd: ${FD}, readable: true, writable: true }).on('error', end).on('end', end)
pipe.on('data', (bytes) => {
  for (let offset = 0; offset + 4 <= bytes.length; offset += 4) {
    const id = bytes.readInt32LE(offset)
    if (id === ${ASK}) pipe.write(Buffer.from(Int32Array.of(Atomics.load(begun, 0)).buffer))
    else Atomics.store(stopped, id % stopped.length, id)
  }
})`

function bytesOf(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32LE(number)
  return bytes
}

function numbersIn(bytes: Buffer): number[] {
  return Array.from({ length: bytes.length >> 2 }, (_, index) => bytes.readInt32LE(4 * index))
}

function canUsePipes(): boolean {
  return process.platform !== 'win32' && !('Bun' in globalThis) && !('Deno' in globalThis)
}
