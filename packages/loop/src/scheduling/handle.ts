// Hot path: bench/spawn. The entries of the ready queue other than Tasks.

import { ambient } from '../context/ambient-state.ts'
import { type Context, currentContext } from '../context/context.ts'
import { KeyboardInterrupt } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { Future } from '../futures/future.ts'
import type { Wakeable } from '../futures/wake-list.ts'
import { className } from '../inspect/class-name.ts'
import { describeCallback } from '../inspect/describe-callback.ts'
import type { AsyncScope } from '../inspect/host-globals.ts'
import { inspectSymbol } from '../inspect/repr.ts'
import type { Callback } from './check-callback.ts'
import type { Ready } from './ready.ts'
import type { LinkedTimer } from './timer-heap.ts'

/** A scheduled callback, which can be cancelled until it runs. asyncio: `asyncio.Handle`. */
export class Handle implements Ready, Wakeable {
  /** @internal */
  static readonly className: string = 'Handle'

  /** @internal */
  protected readonly loop: EventLoop
  private context: Context
  // undefined once cancelled
  private callback: Callback | undefined
  /** A list, or only the Future that a done callback receives, which saves the list. @internal */
  args: readonly unknown[] | Future
  /** The callback's stores of AsyncLocalStorage: the turn of the driver may have those of another. @internal */
  stores: AsyncScope | undefined

  /** @internal */
  constructor(loop: EventLoop, callback: Callback, args: readonly unknown[] | Future, context: Context | undefined) {
    this.loop = loop
    this.context = context ?? currentContext().snapshot()
    this.callback = callback
    this.args = args
    this.stores = loop.captureStores?.()
    if (loop.objectProbe !== undefined) loop.objectProbe.made?.(this)
  }

  /** Prevents the callback from being called. No-op if it was called or cancelled before. */
  cancel(): void {
    this.callback = undefined
    this.args = NO_ARGUMENTS
    this.stores = undefined
  }

  /** Whether `cancel()` was called. */
  cancelled(): boolean {
    return this.callback === undefined
  }

  /** The context the callback runs in. */
  getContext(): Context {
    if (this.context.isSnapshot) this.context = this.context.copy()
    return this.context
  }

  /** @internal */
  getCallback(): Callback | undefined {
    return this.callback
  }

  /** Returns the name of the callback, for a printed Future. @internal */
  describe(): string {
    return this.callback === undefined ? '' : describeCallback(this.callback)
  }

  /** The Future it waited for is done. @internal */
  wake(loop: EventLoop, _future: Future): void {
    loop.schedule(this)
  }

  /** @internal */
  run(): void {
    if (this.callback === undefined) return
    if (this.stores === undefined) this.call()
    else this.stores.runInAsyncScope(this.call, this)
  }

  /** @internal */
  protected call(): void {
    const callback = this.callback as Callback
    ambient.context = this.getContext() // stays set: the next handle or the driver replaces it
    this.loop.currentTask = undefined
    try {
      if (Array.isArray(this.args)) callback(...this.args)
      else callback(this.args)
    } catch (error) {
      if (error instanceof KeyboardInterrupt) throw error
      const message = `Exception in callback ${describeCallback(callback)}`
      const sourceTraceback = this.loop.parts.tools?.creationStack.of(this)
      this.loop.callExceptionHandler({ message, exception: error, handle: this, sourceTraceback })
    }
  }

  toString(): string {
    return `<${this.reprInfo().join(' ')}>`
  }

  /** @internal */
  [inspectSymbol](): string {
    return this.toString()
  }

  /** @internal */
  protected reprInfo(): string[] {
    const info = [className(this)]
    if (this.callback === undefined) info.push('cancelled')
    else info.push(describeCallback(this.callback))
    this.loop.parts.tools?.creationStack.addPlace(info, this)
    return info
  }
}

export const NO_ARGUMENTS: readonly unknown[] = []

/** A callback that the loop calls at a set time. asyncio: `asyncio.TimerHandle`. */
export class TimerHandle extends Handle implements LinkedTimer {
  /** @internal */
  static override readonly className: string = 'TimerHandle'

  /** @internal */
  older: LinkedTimer | undefined
  private readonly time: number

  /** @internal */
  constructor(loop: EventLoop, when: number, callback: Callback, args: readonly unknown[]) {
    super(loop, callback, args, undefined)
    this.older = undefined
    this.time = when
  }

  /** The time at which the callback is called, in ms on the clock of the loop (`loop.time()`). */
  when(): number {
    return this.time
  }

  override cancel(): void {
    if (this.cancelled()) return
    super.cancel()
    this.loop.noteTimerCancelled() // which may sweep it out
  }

  /** @internal */
  protected override reprInfo(): string[] {
    const info = super.reprInfo()
    info.splice(this.cancelled() ? 2 : 1, 0, `when=${this.time}`)
    return info
  }
}
