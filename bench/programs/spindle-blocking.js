import { spindleEntry } from '../harness/spindle-entries.js'
import { programsRunBy } from './spindle.js'

/** @type {typeof import('spindle')} */
const { runSync } = await import(spindleEntry)

const PROMISES = ['promise', 'await-call', 'await-call-settled', 'for-each', 'stream-tokens', 'handler', 'pool-call']
const REFUSED = 'no promise settles while the thread is blocked; Spindle refuses it at once'

/** @type {Record<string, string>} */
export const cannot = Object.fromEntries(PROMISES.map((name) => [name, REFUSED]))
export const programs = programsRunBy((main) => runSync(main))
