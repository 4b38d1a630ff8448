import { formatLocation } from './format-location.ts'
import { withFramesInLine } from './frames-in-line.ts'
import { isOfHost, parseFrame } from './parse-frame.ts'
import { setStackTraceLimit, stackTraceLimit } from './stack-trace-limit.ts'

// The frames of classes and Probes between the user's call and record().
const MAX_OWN_FRAMES = 12

// An Error until the stack is read: formatting the frames takes a hundred times as long as capturing them.
const stacks = new WeakMap<object, Error | string | undefined>()

export const creationStack = {
  record(object: object): void {
    stacks.set(object, errorBeyondOwnFrames())
  },

  /** The stack, a line each frame, or undefined if debug mode was off, or no frame is the user's. */
  of(object: object): string | undefined {
    const noted = stacks.get(object)
    if (typeof noted !== 'object') return noted
    const lines = withFramesInLine(noted.stack ?? '').split('\n')
    const ofUser = lines.slice(1).filter((line) => !isOurs(line) && !isOfHost(line))
    const stack = ofUser.length === 0 ? undefined : ofUser.join('\n')
    stacks.set(object, stack)
    return stack
  },

  addPlace(info: string[], object: object): void {
    const place = creationStack.place(object)
    if (place !== undefined) info.push(`created at ${place}`)
  },

  /** The place of the innermost frame of the user: `file.ts:12`. */
  place(object: object): string | undefined {
    for (const line of creationStack.of(object)?.split('\n') ?? []) {
      const frame = parseFrame(line)
      if (frame !== undefined) return formatLocation(frame)
    }
    return undefined
  },
}

// Published, in any kind of store: `node_modules/spindle/dist/`, `@spindle/testing/dist/`, in some with a version in
// between. A folder of the user may be named `spindle`, too.
const PUBLISHED = /\/(?:@spindle\/\w+|node_modules\/spindle|spindle(?=[@/]\d))(?:[@/]\d[^/]*)?\/(?:dist|src)\//
const SIDE_BY_SIDE = /^(?:loop|task|thread|node|testing|inspect|spindle)\/(?:dist|src)\/(?!.*\.(?:test|fixture)\.)/

/**
 * Whether a line of a stack is a frame of Spindle, which does not help users. In a user's bundle the two cannot be
 * distinguished.
 * @param own the URL of this module
 */
export function isOurs(line: string, own: string | undefined = (import.meta as { url?: string }).url): boolean {
  const place = decoded(line)
  if (PUBLISHED.test(place)) return true
  // As sources, or built in place, our packages are neighbours.
  const [, packages] = /^(.*\/packages\/)(?:loop\/src|spindle\/dist)\//.exec(decoded(own ?? '')) ?? []
  if (packages === undefined) return false
  const at = place.indexOf(packages)
  return at !== -1 && SIDE_BY_SIDE.test(place.slice(at + packages.length))
}

function decoded(place: string): string {
  const path = place.replaceAll('\\', '/').replace(/file:\/\/(?:\/(?=[A-Za-z]:))?/, '')
  try {
    return decodeURI(path)
  } catch {
    return path // a % in a file name
  }
}

function errorBeyondOwnFrames(): Error {
  const limit = stackTraceLimit()
  const canLimit = limit !== undefined && limit > 0 && setStackTraceLimit(limit + MAX_OWN_FRAMES)
  const error = new Error()
  if (canLimit) setStackTraceLimit(limit)
  return error
}
