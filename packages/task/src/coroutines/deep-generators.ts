// Hot path: bench/plain-100. `yield*` on a bare generator asks it for its iterator. Inside a Task it gets a frame
// instead, which links itself into the Task's chain as those of coroutine() do, once it has waited for something: see
// frame.ts.
//
//   first step yields a Suspension    a coroutine: linked, and from then on resumed by the Task directly
//   first step yields anything else   an ordinary generator: its function keeps the iterator it always had, from now on
//   first step is the last            nothing was waited for, and nothing has to be known

import { type Coroutine, RuntimeError } from '@spindle/loop'
import { ambient, isSuspension, Suspension } from '@spindle/loop/internal'
import { type CoroutineFunction, Frame, type Step } from './frame.ts'
import { generatorPrototype, next, returnFrom, throwInto } from './generators.ts'
import { hasLinkedFrames, TRAMPOLINE, takeLinkedFrames } from './linked-frames.ts'

const NOT_STARTED = 0
const LINKED = 1
const ORDINARY = 2

let isInstalled = false

/**
 * Makes nested calls of plain `function*` cost the same at any depth, as `coroutine()` does, in all Tasks of this
 * thread: `import 'spindle/deep'` calls it. It replaces `[Symbol.iterator]()` of all generators, which from then on may
 * return another object than the generator while a Task runs. In debug mode it has no effect. An addition to asyncio.
 * @throws RuntimeError where the built-in prototypes are frozen
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

/** The frame of a bare generator. */
export class DeepFrame extends Frame {
  #kind: number
  readonly #place: string | undefined
  readonly #fn: CoroutineFunction

  constructor(generator: Coroutine<unknown>, place?: string, fn: CoroutineFunction = unnamed) {
    super(generator)
    this.#kind = NOT_STARTED
    this.#place = place
    this.#fn = fn
  }

  override get fn(): CoroutineFunction {
    return this.#fn
  }

  override get place(): string | undefined {
    return this.#place
  }

  // It is to be had as often as a generator is.
  override [Symbol.iterator](): this {
    return this
  }

  override next(resumed?: unknown): Step {
    if (this.#kind === LINKED) return super.next(resumed)
    if (this.#kind === ORDINARY) return next.call(this.generator, resumed)
    this.#kind = ORDINARY
    if (hasLinkedFrames()) takeLinkedFrames(undefined, undefined) // of a coroutine that was driven by hand, and left
    const step = next.call(this.generator, resumed)
    if (step instanceof Suspension || (!step.done && (isSuspension(step.value) || step.value === TRAMPOLINE))) {
      this.#kind = LINKED
      return this.link(step as Step & { done?: false })
    }
    if (!step.done) keepIterator(this.generator)
    return step
  }

  override throw(error: unknown): Step {
    return this.#kind === LINKED ? super.throw(error) : throwInto.call(this.generator, error)
  }

  override return(value?: unknown): Step {
    return this.#kind === LINKED ? super.return(value) : returnFrom.call(this.generator, value)
  }
}

/**
 * The generators of one function have a prototype of their own: those of an ordinary one pay nothing after the first.
 */
function keepIterator(generator: Coroutine<unknown>): void {
  const prototype = Object.getPrototypeOf(generator)
  if (prototype === generatorPrototype || Object.getPrototypeOf(prototype) !== generatorPrototype) return
  try {
    replaceIterator(prototype, itself)
  } catch {
    // It is frozen: each of its generators has a frame.
  }
}

function replaceIterator(prototype: object, value: (this: Coroutine<unknown>) => Iterator<unknown>): void {
  Object.defineProperty(prototype, Symbol.iterator, { configurable: true, writable: true, value })
}

function itself(this: Coroutine<unknown>): Coroutine<unknown> {
  return this
}

/** Stands for the function of a generator, which only the engine knows. */
const unnamed: () => Coroutine<unknown> = Object.defineProperty(function* () {}, 'name', { value: '' }) as never
