// The thread blocks on each call, as in Python. None of the peers can do that.

import { spindleThreadEntry } from '../../harness/spindle-entries.js'
import { count, mark, nothing, same, square } from '../calls/calls.js'
import { markAndMove } from '../calls/spindle-move.js'

/** @type {typeof import('spindle/thread')} */
const { ThreadPoolExecutor, transfer } = await import(spindleThreadEntry)

/** @type {Record<keyof import('../measure.js').Calls, (value: any) => unknown>} */
const functions = { count, mark, nothing, same, square }

/** @type {import('../measure.js').Open} */
export function open(threads) {
  const executor = new ThreadPoolExecutor(threads)
  return {
    call: (name, value) => executor.submit(functions[name], value).result(),
    callAll: (name, values) =>
      values.map((value) => executor.submit(functions[name], value)).map((future) => future.result()),
    map: (name, values) => [...executor.map(functions[name], values)],
    move: (buffer) => executor.submit(markAndMove, transfer(buffer)).result(),
    close: () => executor.shutdown(),
  }
}
