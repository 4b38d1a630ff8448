import type { Coroutine } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { FUNCTION, isWrapped } from './coroutine-function.ts'
import { Frame } from './frame.ts'
import { isGenerator } from './generators.ts'
import { neverAwaited } from './never-awaited.ts'

/**
 * Makes a coroutine function of a generator function. Its coroutines behave like plain ones, with these additions: the
 * name appears in reprs and in the stack of every error that passes through; a coroutine that is never awaited is
 * reported; awaiting it twice throws; and resuming it costs the same at any depth of nesting. For a method, use
 * `@coroutine`.
 *
 * @example
 * ```ts
 * const countDown = coroutine(function* countDown(n: number): Coroutine<string> {
 *   if (n === 0) return yield* sleep(1, 'deep down')
 *   return yield* countDown(n - 1)
 * })
 * console.log(await run(countDown(10_000))) // prints: deep down
 * ```
 */
export function coroutine<A extends readonly unknown[], T, This>(
  fn: (this: This, ...args: A) => Coroutine<T>,
  _context?: object, // of a decorator: TypeScript before 5.5 compiles `@coroutine` only with it
): (this: This, ...args: A) => Coroutine<T> {
  if (typeof fn === 'function' && isWrapped(isGenerator(fn.prototype) ? fn.prototype : fn)) {
    throw new TypeError(`${fn.name} is wrapped by coroutine() already`)
  }
  if (typeof fn !== 'function' || !isGenerator(fn.prototype)) {
    throw new TypeError(`coroutine() takes a generator function, got ${repr(fn)}. Write \`function*\`, with the star`)
  }
  // `yield* fn()` inside fn calls the bare function, bypassing the wrapper, but its generators inherit from this
  // object.
  Object.defineProperties(fn.prototype, {
    [FUNCTION]: { value: fn },
    [Symbol.iterator]: {
      value(this: Coroutine<unknown>): Frame {
        const frame = new Frame(this)
        frame.start()
        return frame
      },
    },
  })
  const wrapper = function (this: unknown, ...args: unknown[]): Frame {
    const frame = new Frame(Reflect.apply(fn, this, args) as Coroutine<unknown>)
    neverAwaited.watch(frame)
    return frame
  }
  Object.defineProperties(wrapper, {
    [FUNCTION]: { value: fn },
    name: { value: fn.name, configurable: true },
    length: { value: fn.length, configurable: true },
    // The source of the original function. Vitest finds the fixtures of a test there.
    toString: { value: () => String(fn), configurable: true },
  })
  return wrapper as never // a Frame has every member of a generator
}
