// A bare worker: what crossing to another thread costs at least.

import { Worker } from 'node:worker_threads'

const IS_NO_POOL = 'it is one worker, and no pool'
export const cannot = {
  'round-trip': IS_NO_POOL,
  'small-calls': IS_NO_POOL,
  transferred: IS_NO_POOL,
  shared: IS_NO_POOL,
  start: IS_NO_POOL,
}

/** @type {import('../measure.js').Open} */
export function open() {
  const worker = new Worker(new URL('../calls/post-message.js', import.meta.url))
  /** @type {((result: unknown) => void)[]} */
  const waiting = []
  worker.on('message', (result) => waiting.shift()?.(result))
  /**
   * @param {string} name
   * @param {unknown} value
   */
  const call = (name, value) => {
    worker.postMessage([name, value])
    return new Promise((resolve) => waiting.push(resolve))
  }
  return {
    call,
    callAll: (name, values) => Promise.all(values.map((value) => call(name, value))),
    close: () => worker.terminate(),
  }
}
