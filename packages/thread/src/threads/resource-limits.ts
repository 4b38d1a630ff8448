import { repr } from '@spindle/loop/internal'

/** How much memory a thread may use, in MB, in the words of Node. */
export interface ResourceLimits {
  /** For objects that live long: most of the memory. */
  readonly maxOldGenerationSizeMb?: number
  /** For new objects. */
  readonly maxYoungGenerationSizeMb?: number
  /** For compiled code. */
  readonly codeRangeSizeMb?: number
  /** For calls within calls. @default 4 */
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
