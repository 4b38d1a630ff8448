import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'

/** Which files are transformed, if nothing else is said. */
export const INCLUDED: RegExp = /\.(?:m?[jt]s|[jt]sx)(?:\?.*)?$/
export const EXCLUDED: RegExp = /[\\/]node_modules[\\/]/

/** The module that has what transformed code calls. */
export const RUNTIME = 'spindle/transformed'

const known = new Map<string, boolean>()

/** Whether a file can import it: one of a package that does not depend on Spindle is left as it is. */
export function findsRuntime(file: string): boolean {
  return isAbsolute(file) && ('pnp' in process.versions || isBelowSpindle(dirname(file)))
}

// NODE_PATH is not looked at, which tools set for themselves, and the loader of ES modules does not know.
function isBelowSpindle(folder: string): boolean {
  const before = known.get(folder)
  if (before !== undefined) return before
  const parent = dirname(folder)
  const found = existsSync(join(folder, 'node_modules', 'spindle')) || (parent !== folder && isBelowSpindle(parent))
  known.set(folder, found)
  return found
}
