import { repr } from '@spindle/loop/internal'

/** How much memory a thread may use, in MB, in the words of Node. */
export interface ResourceLimits {
  /** How many MB for what lives on: most of the memory there is. */
  readonly maxOldGenerationSizeMb?: number
  /** How many MB for new objects. */
  readonly maxYoungGenerationSizeMb?: number
  /** How many MB for compiled code. */
  readonly codeRangeSizeMb?: number
  /** How many MB for the stack: calls within calls. @default 4 */
  readonly stackSizeMb?: number
}

/** @throws TypeError or RangeError for values that Node would silently ignore */
export function checkedLimits(limits: ResourceLimits | undefined): ResourceLimits | undefined {
  if (limits === undefined) return undefined
  if (typeof limits !== 'object' || limits === null)
    throw new TypeError(`resourceLimits must be an object, got ${repr(limits)}`)
  for (const [name, value] of Object.entries(limits)) {
    if (!NAMES.includes(name)) throw new TypeError(`resourceLimits has no ${name}; there are ${NAMES.join(', ')}`)
    if (typeof value !== 'number') throw new TypeError(`${name} must be a number of MB, got ${repr(value)}`)
    if (!(value > 0)) throw new RangeError(`${name} must be > 0, got ${value}`)
  }
  return limits
}

const NAMES = ['maxOldGenerationSizeMb', 'maxYoungGenerationSizeMb', 'codeRangeSizeMb', 'stackSizeMb']
