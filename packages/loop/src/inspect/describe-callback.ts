import { formatLocation } from './format-location.ts'
import { printable } from './printable.ts'
import { nameOf } from './repr.ts'
import { functionLocation } from './source-location.ts'

/** `spin() at examples/spinner_asyncio.ts:12` */
export function describeCallback(callback: (...args: never) => unknown): string {
  const location = functionLocation(callback)
  const name = nameOf(callback) || printable(location?.name ?? '') || '<anonymous>'
  return location === undefined ? `${name}()` : `${name}() at ${formatLocation(location)}`
}
