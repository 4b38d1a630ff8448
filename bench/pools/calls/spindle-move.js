import { spindleThreadEntry } from '../../harness/spindle-entries.js'
import { mark } from './calls.js'

/** @type {typeof import('spindle/thread')} */
const { transfer } = await import(spindleThreadEntry)

/** @param {ArrayBuffer} buffer */
export function markAndMove(buffer) {
  return transfer(mark(buffer))
}
