// Hot path: bench/transformed-100. Programs that `@spindle/unplugin` has transformed call these two: `yield* x`
// becomes `yield* $(x, place)`, and a call in a `function*` whose result nothing takes becomes an argument of
// `$dropped`. A place is the function and the position there: `load (src/load.ts:12:5)`.
//
//   first step yields a Suspension    a coroutine: linked, and from then on resumed by the Task directly: see frame.ts
//   first step yields anything else   an ordinary generator: its function keeps its own iterator from now on
//   first step is the last            it did not wait, so nothing has to be done

import type { Coroutine } from '@spindle/loop'
import { ambient, isSuspension, Suspension } from '@spindle/loop/internal'
import { type CoroutineFunction, Frame, type Step } from './frame.ts'
import { generatorPrototype, isGenerator, next, returnFrom, throwInto } from './generators.ts'
import { dropLinkedFrames, TRAMPOLINE } from './linked-frames.ts'
import { neverAwaited } from './never-awaited.ts'

/**
 * Returns the iterable that `yield*` delegates to in place of `value`: in a Task, for a bare generator, a frame, which
 * costs the same at any depth of nesting and adds its place to the stacks of errors; otherwise `value`. Only the
 * transform of `@spindle/unplugin` writes such calls. An addition to asyncio.
 */
export function $<T>(value: T, place: string): T {
  if (!isGenerator(value)) return value
  const loop = ambient.runningLoop
  if (loop?.currentTask === undefined || loop.getDebug()) return value
  // Generators of a function that coroutine() wraps, and ordinary generators, have a different iterator.
  if (value[Symbol.iterator] !== generatorPrototype[Symbol.iterator]) return value
  return new PlacedFrame(value, place, unnamed) as never
}

/**
 * Reports a bare coroutine that a call returned and nothing takes: it is never awaited. Only the transform of
 * `@spindle/unplugin` writes such calls. An addition to asyncio.
 */
export function $dropped(value: unknown, name: string, place: string): void {
  if (!isGenerator(value)) return
  const fn: CoroutineFunction = Object.defineProperty(function* (): Coroutine<void> {}, 'name', { value: name })
  neverAwaited.watch(new PlacedFrame(value, place, fn))
}

/** Represents the function of a generator, which only the engine knows. */
const unnamed: CoroutineFunction = Object.defineProperty(function* () {}, 'name', { value: '' }) as never

const UNKNOWN_KIND = 0
const COROUTINE_KIND = 1
const ORDINARY_KIND = 2

class PlacedFrame extends Frame {
  #kind: number
  readonly #place: string
  readonly #fn: CoroutineFunction

  constructor(generator: Coroutine<unknown>, place: string, fn: CoroutineFunction) {
    super(generator)
    this.#kind = UNKNOWN_KIND
    this.#place = place
    this.#fn = fn
  }

  override get fn(): CoroutineFunction {
    return this.#fn
  }

  override get place(): string {
    return this.#place
  }

  // Like a generator, it may be asked for its iterator any number of times.
  override [Symbol.iterator](): this {
    return this
  }

  override next(resumed?: unknown): Step {
    if (this.#kind === COROUTINE_KIND) return super.next(resumed)
    if (this.#kind === ORDINARY_KIND) return next.call(this.generator, resumed)
    this.#kind = ORDINARY_KIND
    dropLinkedFrames() // left by a coroutine that was driven manually
    const step = next.call(this.generator, resumed)
    if (step instanceof Suspension || (!step.done && (isSuspension(step.value) || step.value === TRAMPOLINE))) {
      this.#kind = COROUTINE_KIND
      return this.link(step as Step & { done?: false })
    }
    if (!step.done) keepIterator(this.generator)
    return step
  }

  override throw(error: unknown): Step {
    return this.#kind === COROUTINE_KIND ? super.throw(error) : throwInto.call(this.generator, error)
  }

  override return(value?: unknown): Step {
    return this.#kind === COROUTINE_KIND ? super.return(value) : returnFrom.call(this.generator, value)
  }
}

/** Sets the iterator of all generators of this function, which share a prototype, to themselves. */
function keepIterator(generator: Coroutine<unknown>): void {
  const prototype = Object.getPrototypeOf(generator)
  if (prototype === generatorPrototype || Object.getPrototypeOf(prototype) !== generatorPrototype) return
  // No effect if the prototype is frozen: each of its generators gets a frame.
  Reflect.defineProperty(prototype, Symbol.iterator, { configurable: true, writable: true, value: itself })
}

function itself(this: Coroutine<unknown>): Coroutine<unknown> {
  return this
}
