/** A wrapper that keeps the original where `coroutine()` of `@spindle/task` keeps it. */
export function coroutineLike<A extends unknown[], T>(fn: (...args: A) => T): (...args: A) => T {
  const wrapper = (...args: A): T => fn(...args)
  return Object.assign(wrapper, { [Symbol.for('spindle.coroutineFunction')]: fn })
}
