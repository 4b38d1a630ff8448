import { spindleEntry } from '../harness/spindle-entries.js'
import { programsRunBy } from './spindle.js'

/** @type {typeof import('spindle')} */
const { run } = await import(spindleEntry)

export const programs = programsRunBy((main) => run(main))
