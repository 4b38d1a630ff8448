import { existsSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'

/** The files that are transformed by default. */
export const INCLUDED: RegExp = /\.(?:m?[jt]s|[jt]sx)(?:\?.*)?$/
export const EXCLUDED: RegExp = /[\\/]node_modules[\\/]/

/** The module with the functions that transformed code calls. */
export const RUNTIME = 'spindle/transformed'

const known = new Map<string, boolean>()

/** Whether a file can import it. Files of packages that do not depend on Spindle are not transformed. */
export function findsRuntime(file: string): boolean {
  return isAbsolute(file) && ('pnp' in process.versions || isBelowSpindle(dirname(file)))
}

// NODE_PATH is ignored: tools set it for themselves, and the loader of ES modules does not use it.
function isBelowSpindle(folder: string): boolean {
  const before = known.get(folder)
  if (before !== undefined) return before
  const parent = dirname(folder)
  const found = existsSync(join(folder, 'node_modules', 'spindle')) || (parent !== folder && isBelowSpindle(parent))
  known.set(folder, found)
  return found
}
