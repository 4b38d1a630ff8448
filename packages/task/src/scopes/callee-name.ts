import { nameOf, printable } from '@spindle/loop/internal'

const CALL_IN_ARROW = /^(?:async\s*)?(?:\([\w\s,]*\)|\w+)\s*=>\s*(?:await\s+)?([\w.$#]+)\(/

/** The name of a function; if it has none, the name of the function that it calls: `fetch` for `() => fetch(url)`. */
export function calleeName(fn: (...args: never) => unknown): string {
  return nameOf(fn) || printable(CALL_IN_ARROW.exec(Function.prototype.toString.call(fn))?.[1] ?? '')
}
