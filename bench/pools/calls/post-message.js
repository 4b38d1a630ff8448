import { parentPort } from 'node:worker_threads'
import { count, mark, nothing, same, square } from './calls.js'

/** @type {Record<string, (value: any) => unknown>} */
const functions = { count, mark, nothing, same, square }

parentPort?.on('message', (/** @type {[string, unknown]} */ [name, value]) =>
  parentPort?.postMessage(functions[name]?.(value)),
)
