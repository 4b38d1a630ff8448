// @ts-nocheck: what is imported here is installed by `npm run bench pools` only.

import { fileURLToPath } from 'node:url'
import { pool as newPool } from 'workerpool'

const script = fileURLToPath(new URL('../calls/workerpool.js', import.meta.url))

export function open(threads) {
  const pool = newPool(script, { workerType: 'thread', minWorkers: threads, maxWorkers: threads })
  return {
    call: (name, value) => pool.exec(name, [value]),
    callAll: (name, values) => Promise.all(values.map((value) => pool.exec(name, [value]))),
    move: (buffer) => pool.exec('markAndMove', [buffer], { transfer: [buffer] }),
    close: () => pool.terminate(),
  }
}
