import { printable } from '../inspect/printable.ts'
import { repr } from '../inspect/repr.ts'

/**
 * Rejects options that `caller` does not have: a misspelt option, or one of another library, would be ignored silently.
 * @throws TypeError that names the unknown option, and the known ones
 */
export function checkOptions(caller: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return
  const refuse = (what: string): never => {
    throw new TypeError(`${what}. It has ${known.map((option) => `\`${option}\``).join(', ')}`)
  }
  if (typeof options !== 'object' || options === null)
    refuse(`the options of ${caller} must be an object, got ${repr(options)}`)
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue
    if (isInstance(options)) refuse(`the options of ${caller} must be a plain object, got ${repr(options)}`)
    refuse(`${caller} has no option \`${printable(name)}\``)
  }
}

/** Whether it was probably not meant as options: a loop, an array. */
function isInstance(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object)
  return prototype !== null && Object.getPrototypeOf(prototype) !== null
}
