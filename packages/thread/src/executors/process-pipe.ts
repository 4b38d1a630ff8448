// The pipe between the manager and a process of a pool, beside the channel for messages. A process that computes
// receives no messages. So a thread of it reads the pipe, and shares memory with the functions:
//
//   manager ──pipe──▶ thread of the process: the id of a call that should stop; 0 asks which call has begun last
//           ◀──────── its id, or 0

import type { ChildProcess } from 'node:child_process'
import type { Socket } from 'node:net'

/** Its place among the `stdio` of the process, after the channel. */
const FD = 4

/**
 * The manager's end. `begun` receives the last call that the process has begun, if it was asked. Returns a function
 * that requests a call to stop, or asks.
 */
export function pipeToProcess(child: ChildProcess, begun: (id: number) => void): (id: number) => void {
  const pipe = child.stdio[FD] as Socket | null | undefined
  pipe?.on('error', () => {}) // the process is gone, which is reported elsewhere
  pipe?.on('data', (bytes: Buffer) => {
    for (let offset = 0; offset + 4 <= bytes.length; offset += 4) begun(bytes.readInt32LE(offset))
  })
  return (id) => {
    if (pipe?.writable) pipe.write(Buffer.from(Int32Array.of(id).buffer))
  }
}

/** In place of the id of a call: which call has begun last? */
export const ASK = 0

/** The end of the process. */
export class PipeToManager {
  readonly #begun = new Int32Array(new SharedArrayBuffer(4))
  readonly #stopped: Int32Array // for each slot, the id of a call with a stop request

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

function canUsePipes(): boolean {
  return process.platform !== 'win32' && !('Bun' in globalThis) && !('Deno' in globalThis)
}
