import { spindleEntry } from '../harness/spindle-entries.js'
import { programsRunBy } from './spindle.js'

/** @type {typeof import('spindle')} */
const { runSync } = await import(spindleEntry)

// No promise settles while the thread is blocked; Spindle refuses to wait for one at once.
const PROMISES = /^(promise|await-call|for-each|stream-tokens|handler|pool-call)/
export const programs = Object.fromEntries(
  Object.entries(programsRunBy((main) => runSync(main))).filter(([name]) => !PROMISES.test(name)),
)
