// Bare workers: what crossing to another thread costs at least. Each call goes to the next of them.

import { Worker } from 'node:worker_threads'

export const cannot = {
  transferred: 'it transfers nothing',
  start: 'it is no pool',
}

/** @type {import('../measure.js').Open} */
export function open(threads) {
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL('../calls/post-message.js', import.meta.url))
    /** @type {((result: unknown) => void)[]} */
    const waiting = []
    let first = 0
    worker.on('message', (result) => {
      waiting[first++]?.(result)
      if (first === waiting.length) waiting.length = first = 0
    })
    return { worker, waiting }
  })
  let next = 0
  /**
   * @param {string} name
   * @param {unknown} value
   */
  const call = (name, value) => {
    const { worker, waiting } = /** @type {typeof workers[number]} */ (workers[next++ % threads])
    worker.postMessage([name, value])
    return new Promise((resolve) => waiting.push(resolve))
  }
  return {
    call,
    callAll: (name, values) => Promise.all(values.map((value) => call(name, value))),
    close: () => Promise.all(workers.map(({ worker }) => worker.terminate())),
  }
}
