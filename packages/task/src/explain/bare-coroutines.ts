// A bare coroutine that has ended silently returns undefined when it is awaited again, as generators do. In debug mode
// that is an error, as it always is with `coroutine()`. `yield*` asks a generator for its iterator. In a Task of a loop
// in debug mode, Spindle returns an iterator that sees whether the generator waits, and so is a coroutine. Any other
// generator may be iterated over again.

import type { Coroutine } from '@spindle/loop'
import { ambient, isSuspension, type Suspension } from '@spindle/loop/internal'
import { checkNotAwaited, noteAwaited } from '../coroutines/await-registry.ts'
import { generatorPrototype, next, returnFrom, throwInto } from '../coroutines/generators.ts'

type Step = IteratorResult<Suspension, unknown>

let isInstalled = false

export const bareCoroutines = {
  /** Called when a loop enters debug mode. From now on, generators that are awaited in such a loop are watched. */
  watch(): void {
    if (isInstalled) return
    isInstalled = true
    const original = generatorPrototype[Symbol.iterator]
    try {
      Object.defineProperty(generatorPrototype, Symbol.iterator, {
        configurable: true,
        writable: true,
        value(this: Coroutine<unknown>): Iterator<unknown> {
          return isWatching() ? new WatchedGenerator(this) : original.call(this)
        },
      })
    } catch {
      // The intrinsics are frozen, so generators cannot be watched.
    }
  },
}

function isWatching(): boolean {
  const loop = ambient.runningLoop
  return loop?.currentTask !== undefined && loop.getDebug()
}

class WatchedGenerator implements Iterator<unknown, unknown, unknown> {
  readonly #generator: Coroutine<unknown>
  #isFirst = true

  constructor(generator: Coroutine<unknown>) {
    checkNotAwaited(generator)
    this.#generator = generator
  }

  next(value: unknown): Step {
    return this.#look(next.call(this.#generator, value))
  }

  throw(error: unknown): Step {
    return this.#look(throwInto.call(this.#generator, error))
  }

  return(value: unknown): Step {
    return this.#look(returnFrom.call(this.#generator, value))
  }

  [Symbol.iterator](): this {
    return this
  }

  #look(step: Step): Step {
    // A generator that only returns a result is not a list either.
    const isCoroutine = step.done === true ? this.#isFirst && step.value !== undefined : isSuspension(step.value)
    if (isCoroutine) noteAwaited(this.#generator)
    this.#isFirst = false
    return step
  }
}
