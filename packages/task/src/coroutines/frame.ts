// Hot path: bench/depth. Native `yield*` walks down through every level of nesting at every resumption. A coroutine
// made by `coroutine()` is resumed directly, however deep it is:
//
//   first descent      outer ──yield*──▶ middle ──yield*──▶ inner     natively, at native speed, until one waits
//   inner waits        each level, on the way back up to the Task, links its Frame into the Task's chain of frames
//   from then on       Task ──▶ inner     the Task resumes the innermost frame, then its caller, with the outcome
//
// Frame:  CREATED ──awaited──▶ RUNNING ──waits──▶ LINKED ──the Task──▶ DONE or FAILED: its caller gets the outcome
//         CREATED ──an iteration later──▶ WATCHED ──awaited──▶ RUNNING                   see never-awaited.ts

import { type Coroutine, RuntimeError } from '@spindle/loop'
import { ambient, CoroutineObject, nameOf, type Suspension } from '@spindle/loop/internal'
import { appendCallers } from './append-callers.ts'
import { FUNCTION, functionOf } from './coroutine-function.ts'
import { next, returnFrom, throwInto } from './generators.ts'
import { dropLinkedFrames, FRAME, linkFrame, TRAMPOLINE } from './linked-frames.ts'
import { neverAwaited } from './never-awaited.ts'

export type CoroutineFunction = (...args: never) => Coroutine<unknown>
export type Step = IteratorResult<Suspension, unknown>

const CREATED = 0
const RUNNING = 1
const LINKED = 2
const DONE = 3
const FAILED = 4
const WATCHED = 5

// How many levels the first descent takes on the JavaScript stack before the Task takes over.
const MAX_NATIVE_DEPTH = 400

/** The coroutines that a test runner runs: they may pass through its promises. */
const ranByTest = new WeakSet<Frame>()

/**
 * A coroutine made by `coroutine()`. Each takes 56 bytes. There are no private methods, because the engine would add 8
 * bytes for a class with any.
 */
export class Frame extends CoroutineObject<unknown> {
  readonly generator: Coroutine<unknown>
  /** The frame that awaits this one; undefined at the bottom of the Task's chain. */
  caller: Frame | undefined
  #state: number
  #outcome: unknown

  constructor(generator: Coroutine<unknown>) {
    super()
    this.generator = generator
    this.caller = undefined
    this.#state = CREATED
    this.#outcome = undefined
  }

  /** The called function, which `coroutine()` stores on the prototype of its generators. */
  get fn(): CoroutineFunction {
    return functionOf(this.generator) as CoroutineFunction
  }

  /** Whether it was awaited, or started by a Task. */
  get started(): boolean {
    return this.#state !== CREATED && this.#state !== WATCHED
  }

  /** Called if it was not started within an iteration: it is reported if it never is. */
  watched(): void {
    this.#state = WATCHED
  }

  /** @throws RuntimeError if it was awaited before */
  start(): void {
    if (this.#state !== CREATED) this.startSlow()
    this.#state = RUNNING
  }

  private startSlow(): void {
    if (this.#state === DONE || this.#state === FAILED)
      throw new RuntimeError(`cannot reuse already awaited coroutine ${this}`)
    if (this.#state !== WATCHED) throw new RuntimeError(`coroutine is being awaited already: ${this}`)
    neverAwaited.dismiss(this)
  }

  /** The place of its `yield*`, `load (src/load.ts:12:5)`, if it is known: see transformed.ts. */
  get place(): string | undefined {
    return undefined
  }

  [Symbol.iterator](): this {
    this.start()
    return this
  }

  next(resumed?: unknown): Step {
    if (this.#state === DONE) return { done: true, value: this.#outcome }
    const task = ambient.runningLoop?.currentTask
    // Without a Task, or driven manually, it is a generator like any other.
    if (task === undefined || this.#state !== RUNNING || resumed !== undefined) return this.drive(resumed)
    dropLinkedFrames() // left by a coroutine that was driven manually
    if (nativeDepth >= MAX_NATIVE_DEPTH) return linkFrame(this, { done: false, value: TRAMPOLINE })
    nativeDepth++
    let step: Step
    try {
      step = next.call(this.generator)
    } catch (error) {
      this.#state = FAILED
      throw error
    } finally {
      nativeDepth--
    }
    if (!step.done) return this.link(step)
    this.#state = DONE
    return step
  }

  /** Links it into the chain of its Task, because its first step waits. */
  protected link(step: Step & { done?: false }): Step {
    this.#state = LINKED
    return linkFrame(this, step)
  }

  throw(error: unknown): Step {
    if (this.#state === FAILED) {
      ambient.runningLoop?.explainer?.passes(error)
      throw error // the Task passes on the outcome of this frame
    }
    if (!this.started) this.start()
    return this.resumeManually(throwInto, error)
  }

  return(value?: unknown): Step {
    if (!this.started) this.start()
    return this.resumeManually(returnFrom, value)
  }

  returned(value: unknown): void {
    this.#state = DONE
    this.#outcome = value
  }

  threw(): void {
    this.#state = FAILED
  }

  appendCallers(error: unknown, root: Coroutine<unknown>, debug: boolean): void {
    appendCallers(error, this, root, debug)
  }

  private drive(resumed: unknown): Step {
    if (!this.started) this.start()
    return this.resumeManually(next, resumed)
  }

  private resumeManually(method: (this: Coroutine<unknown>, value: unknown) => Step, value: unknown): Step {
    let step: Step | undefined
    try {
      step = method.call(this.generator, value)
    } finally {
      if (step === undefined) this.#state = FAILED
      else if (step.done) this.#state = DONE
    }
    return step
  }

  /** @internal */
  get [FRAME](): true {
    return true
  }

  /** @internal */
  get [FUNCTION](): CoroutineFunction {
    return this.fn
  }

  get name(): string {
    return nameOf(this.fn)
  }

  get [Symbol.toStringTag](): string {
    return 'Generator'
  }

  // biome-ignore lint/suspicious/noThenProperty: as in the base class
  override get then(): CoroutineObject<unknown>['then'] {
    if (ambient.coroutineRunners > 0) ranByTest.add(this)
    return ranByTest.has(this) ? undefined : super.then
  }
}

let nativeDepth = 0
