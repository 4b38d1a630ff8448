// Hot path: bench/plain-100. `yield*` on a bare generator asks it for its iterator. Inside a Task it gets a frame
// instead, which links itself into the Task's chain when it first waits, like the frames of coroutine(): see frame.ts.
//
//   first step yields a Suspension    a coroutine: linked, and from then on resumed by the Task directly
//   first step yields anything else   an ordinary generator: its function keeps its own iterator from now on
//   first step is the last            it did not wait, so nothing has to be done

import { type Coroutine, RuntimeError } from '@spindle/loop'
import { ambient, isSuspension, Suspension } from '@spindle/loop/internal'
import { type CoroutineFunction, Frame, type Step } from './frame.ts'
import { generatorPrototype, next, returnFrom, throwInto } from './generators.ts'
import { hasLinkedFrames, TRAMPOLINE, takeLinkedFrames } from './linked-frames.ts'

const UNKNOWN_KIND = 0
const COROUTINE_KIND = 1
const ORDINARY_KIND = 2

let isInstalled = false

/**
 * Makes nested calls of plain `function*` cost the same at any depth, as `coroutine()` does, in all Tasks of this
 * thread.
 * `import 'spindle/deep'` calls it. It replaces `[Symbol.iterator]()` of all generators, which from then on may return
 * an
 * object other than the generator while a Task runs. In debug mode it has no effect. An addition to asyncio.
 * @throws RuntimeError if the built-in prototypes are frozen
 */
export function installDeepGenerators(): void {
  if (isInstalled) return
  const original = generatorPrototype[Symbol.iterator]
  try {
    replaceIterator(generatorPrototype, function (this: Coroutine<unknown>): Iterator<unknown> {
      const loop = ambient.runningLoop
      if (loop?.currentTask === undefined || loop.getDebug()) return original.call(this)
      return new DeepFrame(this)
    })
  } catch (cause) {
    throw new RuntimeError('deep generators: the prototype of generators is frozen. Use coroutine() instead', { cause })
  }
  isInstalled = true
}

export class DeepFrame extends Frame {
  #kind: number
  readonly #place: string | undefined
  readonly #fn: CoroutineFunction

  constructor(generator: Coroutine<unknown>, place?: string, fn: CoroutineFunction = unnamed) {
    super(generator)
    this.#kind = UNKNOWN_KIND
    this.#place = place
    this.#fn = fn
  }

  override get fn(): CoroutineFunction {
    return this.#fn
  }

  override get place(): string | undefined {
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
    if (hasLinkedFrames()) takeLinkedFrames(undefined, undefined) // left by a coroutine that was driven manually
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

/** Restores the iterator for all generators of this function, which share a prototype. */
function keepIterator(generator: Coroutine<unknown>): void {
  const prototype = Object.getPrototypeOf(generator)
  if (prototype === generatorPrototype || Object.getPrototypeOf(prototype) !== generatorPrototype) return
  try {
    replaceIterator(prototype, itself)
  } catch {
    // The prototype is frozen: each of its generators gets a frame.
  }
}

function replaceIterator(prototype: object, value: (this: Coroutine<unknown>) => Iterator<unknown>): void {
  Object.defineProperty(prototype, Symbol.iterator, { configurable: true, writable: true, value })
}

function itself(this: Coroutine<unknown>): Coroutine<unknown> {
  return this
}

/** Represents the function of a generator, which only the engine knows. */
const unnamed: () => Coroutine<unknown> = Object.defineProperty(function* () {}, 'name', { value: '' }) as never
