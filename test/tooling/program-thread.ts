// Runs programs as if each had a process of its own, for a tenth of its time: see program-thread.mjs.

import { MessageChannel, Worker } from 'node:worker_threads'
import { type ExampleResult, readersEnvironment } from './run-example.ts'

const LIMIT = 60_000 // ms that only a hang takes

/** What program-thread.mjs says of a program, and whether the thread ended with it. */
interface Answer {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly isLast: boolean
}

/**
 * A thread that runs one program after the other. If a program ends the thread, the next one gets a new thread.
 * `folder` has the packages in its `node_modules`, and `virtual-time.mjs`.
 */
export class ProgramThread {
  readonly #folder: string
  #thread: { readonly worker: Worker; run(path: string, virtualTime: boolean): Promise<ExampleResult> } | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Runs a compiled program, after those before. */
  run(path: string, virtualTime = true): Promise<ExampleResult> {
    const result = this.#last.then(() => {
      this.#thread ??= this.#start()
      return this.#thread.run(path, virtualTime)
    })
    this.#last = result
    return result
  }

  async end(): Promise<void> {
    await this.#thread?.worker.terminate()
  }

  #start(): { readonly worker: Worker; run(path: string, virtualTime: boolean): Promise<ExampleResult> } {
    const { port1, port2 } = new MessageChannel()
    const requests = new Int32Array(new SharedArrayBuffer(4))
    const worker = new Worker(new URL('program-thread.mjs', import.meta.url), {
      execArgv: ['--experimental-vm-modules', '--no-warnings'],
      env: readersEnvironment(),
      workerData: { folder: this.#folder, requests, port: port2 },
      transferList: [port2],
    })
    let error = ''
    worker.on('error', (thrown) => {
      error = `${thrown.stack ?? thrown}\n`
    })
    const ended = new Promise((resolve) => worker.once('exit', resolve))
    const closed = new Promise((resolve) => port1.once('close', resolve)) // after all messages
    const run = async (path: string, virtualTime: boolean): Promise<ExampleResult> => {
      const timer = setTimeout(() => {
        error = `it did not end within ${LIMIT} ms`
        void worker.terminate()
      }, LIMIT)
      const answer = new Promise<Answer | undefined>((resolve) => {
        port1.once('message', resolve)
        void closed.then(() => resolve(undefined))
      })
      port1.postMessage({ path, virtualTime })
      Atomics.add(requests, 0, 1)
      Atomics.notify(requests, 0)
      const { isLast, stderr, ...result } = (await answer) ?? { code: 1, stdout: '', stderr: '', isLast: true }
      clearTimeout(timer)
      if (isLast) {
        this.#thread = undefined
        await ended
      }
      return { ...result, stderr: stderr + error, signal: null }
    }
    return { worker, run }
  }
}
