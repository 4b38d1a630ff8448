import { printable } from '../inspect/printable.ts'
import { repr } from '../inspect/repr.ts'

/**
 * Rejects options that `caller` does not have: a misspelt option, or one of another library, would be ignored silently.
 * @throws TypeError that names the unknown option, and the known ones
 */
export function checkOptions(caller: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`the options of ${caller} must be an object, got ${repr(options)}`)
  }
  for (const name in options) {
    if (known.includes(name)) continue
    const there = known.map((option) => `\`${option}\``).join(', ')
    throw new TypeError(`${caller} has no option \`${printable(name)}\`. It has ${there}`)
  }
}
