// The events of a loop. All pictures and recordings are built on these alone.
//
// Their order: task:created comes before the first task:step of a Task. Each step ends in exactly one of task:suspended
// and future:done, and task:done follows the latter. future:done comes before any Task that it wakes runs.
// task:cancelling comes during the call of cancel(), first for the cancelled Task, then for the Tasks it passes the
// request on to. turn ends an iteration of the loop, after everything that happened in it.
//
// An event without a listener is neither made nor counted: EventProbe checks `events.heard` first.

import { EventEmitter } from 'eventemitter3'
import type { DeadlockError } from '../errors/errors.ts'
import type { EventLoop } from '../face/event-loop.ts'
import type { Task } from '../face/task.ts'
import type { Future } from '../futures/future.ts'
import { repr } from '../inspect/repr.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'
import type { Handle } from '../scheduling/handle.ts'

/** The payload of each event. */
export interface LoopEvent {
  /** Counts the events of a loop that had a listener: 1, 2, 3, … */
  readonly sequence: number
  /** When it happened, in ms on the loop's clock. */
  readonly time: number
}

/** The events of a loop, by name. */
export interface LoopEventMap {
  /** A Task was made. */
  'task:created': LoopEvent & {
    readonly task: Task
    /** The Task that made it; undefined for plain code. */
    readonly parent: Task | undefined
    readonly name: string
    /** The name of its coroutine function; '' if it has none, or if the engine cannot tell. */
    readonly coroutine: string
    /** Whether its first step runs at once, inside the step of its parent. */
    readonly eager: boolean
  }
  /** A Task resumes. */
  'task:step': LoopEvent & {
    readonly task: Task
    /** The reason for the step: the start of the coroutine, a result, an exception, a cancellation. */
    readonly resumedBy: 'start' | 'value' | 'error' | 'cancel'
    /** The Future or Task it waited for. */
    readonly from: Future | undefined
  }
  /** A Task waits. */
  'task:suspended': LoopEvent & {
    readonly task: Task
    /** `turn`: for the next turn of the loop. */
    readonly kind: 'turn' | 'future' | 'task'
    /** Its name for a reader: `sleep(100)`, `Task-2`. */
    readonly label: string
    readonly future: Future | undefined
  }
  /** A Task received a cancellation request. */
  'task:cancelling': LoopEvent & {
    readonly task: Task
    /** The Task in whose step `cancel()` was called; undefined for plain code and callbacks. */
    readonly by: Task | undefined
    /** The Task that passed the request on, because it waits for this one. */
    readonly via: Task | undefined
    /**
     * The source of the request: `timeout()`, `TaskGroup`, `AbortSignal`, `Ctrl-C`, `the end of the run`, or the name
     * of the Task or callback that called `cancel()`; undefined for plain code.
     */
    readonly canceller: string | undefined
    /** The time limit that expired, on the loop's clock, if `canceller` is one. */
    readonly deadline: number | undefined
    readonly message: string | undefined
    /** `task.cancelling()` after this request. */
    readonly count: number
  }
  /** A request was taken back by `uncancel()`, as `timeout()` and TaskGroups do with their own. */
  'task:uncancelled': LoopEvent & {
    readonly task: Task
    /** The Task in whose step `uncancel()` was called; undefined for plain code and callbacks. */
    readonly by: Task | undefined
    /** `task.cancelling()` afterwards. */
    readonly count: number
  }
  /** A block with a time limit began, or its limit was changed: `timeout()`, `moveOnAfter()`, `waitFor()`, … */
  'task:deadline': LoopEvent & {
    readonly task: Task
    /** The time limit, on the loop's clock; undefined if there is none. */
    readonly deadline: number | undefined
    /** The previous limit; undefined if there was none. */
    readonly before: number | undefined
  }
  /** A block with a time limit ended before its limit: `timeout()`, `moveOnAfter()`, `waitFor()`, … */
  'task:in-time': LoopEvent & {
    readonly task: Task
    /** The time limit, on the loop's clock. */
    readonly deadline: number
  }
  /** A Task caught its CancelledError, waited again and ended otherwise. */
  'task:cancel-swallowed': LoopEvent & { readonly task: Task }
  /** A Task ended. */
  'task:done': LoopEvent & { readonly task: Task; readonly outcome: 'returned' | 'threw' | 'cancelled' }
  /** A Future or Task has its result. */
  'future:done': LoopEvent & {
    readonly future: Future
    /** The Tasks that waited for it, in the order in which they continue. */
    readonly wakes: readonly Task[]
    /** The Tasks that wait for it through a callback of `gather`, `wait`, `taskGroup`, `shield` or `asCompleted`. */
    readonly callbacksFor: readonly Task[]
  }
  /** A lock, a semaphore or the lock of a condition was acquired or released, or the length of a queue has changed. */
  resource: LoopEvent & {
    readonly resource: object
    /** Its class: `Lock`, `Semaphore`, `Queue`, … */
    readonly label: string
    /**
     * `handed-on`: released to a Task that waits, which acquires it next; `dropped`: all items, by
     * `shutdown({ immediate: true })`.
     */
    readonly action: 'acquired' | 'released' | 'handed-on' | 'put' | 'got' | 'dropped'
    /** The Task that did it; undefined for plain code and callbacks. */
    readonly task: Task | undefined
    /** The Task that receives it. */
    readonly to: Task | undefined
    /** The free permits that remain (at most one for a lock), or the items in the queue. */
    readonly value: number
  }
  /** An iteration of the loop ended, and something ran in it. */
  turn: LoopEvent & {
    /** How many callbacks and steps ran in it. */
    readonly handles: number
    /** How long the loop slept before it, in ms. */
    readonly idle: number
    /** How late the most overdue timer fired, in ms. */
    readonly lag: number
  }
  /** A callback or step kept the loop for `loop.slowCallbackDuration` or longer. */
  'handle:slow': LoopEvent & {
    readonly handle: Handle | Future
    /** How long, in ms. */
    readonly duration: number
  }
  /** Nothing is left that could wake the Tasks of this loop: its run ends with `error`. */
  deadlock: LoopEvent & { readonly error: DeadlockError }
  /** `loop.callExceptionHandler` was called. */
  exception: LoopEvent & { readonly context: ExceptionContext }
}

type Listeners = { [Name in keyof LoopEventMap]: (event: LoopEventMap[Name]) => void }
type EventName = EventEmitter.EventNames<Listeners>
type Listener<Name extends EventName> = EventEmitter.EventListener<Listeners, Name>

/**
 * Emits the events of a loop: `loop.events.on('task:done', …)`. Listeners are called synchronously, during the
 * operation they observe. A listener should read, and not change anything. A listener that throws is reported and has
 * no other effect.
 */
export class LoopEvents extends EventEmitter<Listeners> {
  static {
    // In eventemitter3, these two are aliases of the `on` and `off` of EventEmitter.
    LoopEvents.prototype.addListener = LoopEvents.prototype.on
    LoopEvents.prototype.removeListener = LoopEvents.prototype.off
  }

  /** Which events have a listener. @internal */
  heard: { readonly [Name in keyof LoopEventMap]?: true } = {}
  /** Called when `heard` has changed. @internal */
  onListeners: (() => void) | undefined = undefined
  readonly #loop: EventLoop
  readonly #guards = new WeakMap<object, (event: never) => void>()
  #sequence = 0

  /** @internal */
  constructor(loop: EventLoop) {
    super()
    this.#loop = loop
  }

  override on<Name extends EventName>(name: Name, listener: Listener<Name>, context?: unknown): this {
    super.on(name, this.#guarded(listener), context)
    return this.#noteListeners()
  }

  override once<Name extends EventName>(name: Name, listener: Listener<Name>, context?: unknown): this {
    super.once(name, this.#guarded(listener), context)
    return this.#noteListeners()
  }

  override off<Name extends EventName>(name: Name, listener?: Listener<Name>, context?: unknown, once?: boolean): this {
    super.off(name, listener && this.#guarded(listener), context, once)
    return this.#noteListeners()
  }

  override removeAllListeners(name?: keyof LoopEventMap): this {
    super.removeAllListeners(name)
    return this.#noteListeners()
  }

  /** Calls the listeners. The caller has checked `heard`, and made `what` for this call alone. @internal */
  emitEvent<Name extends keyof LoopEventMap>(name: Name, what: Omit<LoopEventMap[Name], keyof LoopEvent>): void {
    const event = what as { sequence?: number; time?: number } // to copy it would cost more than all the rest
    event.sequence = ++this.#sequence
    event.time = this.#loop.time()
    super.emit(name, event as never) // the cast: TypeScript cannot relate the name to its event here
  }

  /** Wraps a listener so that whatever it throws is reported, and goes no further. */
  #guarded<Listener extends (event: never) => void>(listener: Listener): never {
    if (typeof listener !== 'function') throw new TypeError(`a listener must be a function, got ${repr(listener)}`)
    let guard = this.#guards.get(listener)
    if (guard === undefined) {
      const report = (exception: unknown): void =>
        this.#loop.defaultExceptionHandler({ message: 'Exception in a listener of loop.events', exception })
      guard = function (this: unknown, event: never): void {
        try {
          listener.call(this, event)
        } catch (error) {
          report(error)
        }
      }
      this.#guards.set(listener, guard)
      this.#guards.set(guard, guard) // eventemitter3 passes the guard of a `once` listener to off()
    }
    return guard as never // it has the parameters of the listener, which eventemitter3's types look up by name
  }

  #noteListeners(): this {
    this.heard = Object.fromEntries(this.eventNames().map((name) => [name, true]))
    this.onListeners?.()
    return this
  }
}
