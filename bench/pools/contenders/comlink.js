// @ts-nocheck: what is imported here is installed by `npm run bench pools` only.

import { Worker } from 'node:worker_threads'
import { releaseProxy, transfer, wrap } from 'comlink'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'

export const cannot = { start: 'it is no pool: its program starts the workers' }

export function open(threads) {
  const workers = Array.from({ length: threads }, () => {
    const worker = new Worker(new URL('../calls/comlink.js', import.meta.url))
    return { worker, calls: wrap(nodeEndpoint(worker)) }
  })
  let next = 0
  const call = (name, value) => workers[next++ % threads].calls[name](value)
  return {
    call,
    callAll: (name, values) => Promise.all(values.map((value) => call(name, value))),
    move: (buffer) => call('markAndMove', transfer(buffer, [buffer])),
    close: () =>
      Promise.all(
        workers.map(({ worker, calls }) => {
          calls[releaseProxy]()
          return worker.terminate()
        }),
      ),
  }
}
