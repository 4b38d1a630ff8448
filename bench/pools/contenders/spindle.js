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
    call: (name, value) => executor.submit(functions[name], value),
    callAll: (name, values) => Promise.all(values.map((value) => executor.submit(functions[name], value))),
    map: async (name, values) => {
      const results = []
      for await (const result of executor.map(functions[name], values)) results.push(result)
      return results
    },
    move: (buffer) => executor.submit(markAndMove, transfer(buffer)),
    close: () => executor[Symbol.asyncDispose](),
  }
}
