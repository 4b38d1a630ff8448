import type { Coroutine } from '@spindle/loop'
import { checkOptions, HostFuture, Ring, repr } from '@spindle/loop/internal'
import { coroutine } from '../coroutines/coroutine.ts'
import { type CoroutineIterable, type CoroutineIterator, coroutineIterator } from '../coroutines/coroutine-iterable.ts'
import { type EmitterLike, type EventTargetLike, isEmitter, type Listener, listen } from '../scopes/shared-listener.ts'
import { QueueFull } from '../sync/queue.ts'
import type { ArgumentsFor, EventName } from './event-arguments.ts'

/** The options of `once`. */
export interface OnceOptions {
  /**
   * What an `'error'` event during the wait does: it is thrown, or the wait continues.
   * @default 'ignore' for 'close', which follows the error of a stream or socket; otherwise 'throw'
   */
  readonly errors?: 'throw' | 'ignore' | undefined
}

/** The options of `events`. */
export interface EventsOptions {
  /** The events that end the iteration: `'close'`, or `['end', 'close']`. @default none */
  readonly end?: string | readonly string[] | undefined
  /**
   * The maximum number of events kept while the block waits. When it is reached, an emitter with `pause()` and
   * `resume()`
   * (a stream, a `readline` interface) is paused until half of the events are taken. Any other emitter cannot be held
   * back: the iteration throws QueueFull when it reaches the first event that was dropped.
   * @default no limit
   */
  readonly maxSize?: number | undefined
}

/**
 * Waits for an event, and returns the arguments that its listeners receive; for an EventTarget, a list with the event.
 * It listens from the moment it is awaited. An `'error'` event during the wait is thrown, but not during the wait for
 * `'close'`, which follows it: that waits until the emitter is closed. If the caller is cancelled while waiting, the
 * listeners are removed. Like Node's `events.once`, which cannot be cancelled by itself. The
 * arguments have the types that the emitter declares; otherwise state them: `once<[number]>(emitter, 'answer')`. The
 * compiler does not find the map of a subclass of `EventEmitter<Events>`: `once<Events['answer']>(emitter, 'answer')`.
 * @param emitter an `EventEmitter`, an `EventTarget`, or another object with the methods of one of them
 * @param options whether an `'error'` event is thrown
 * @throws the argument of an `'error'` event; TypeError if `emitter` emits no events
 *
 * @example
 * ```ts
 * import { EventEmitter } from 'node:events'
 * import { type Coroutine, getRunningLoop, once, run } from 'spindle'
 *
 * function* main(): Coroutine<void> {
 *   const emitter = new EventEmitter()
 *   getRunningLoop().callLater(10, () => emitter.emit('answer', 42))
 *   const [answer] = yield* once<[number]>(emitter, 'answer')
 *   console.log(answer, emitter.listenerCount('answer')) // prints: 42 0
 * }
 * await run(main())
 * ```
 */
export function once<
  A extends readonly unknown[] | undefined = undefined,
  E extends EmitterLike | EventTargetLike = EmitterLike | EventTargetLike,
  N extends EventName<E> = EventName<E>,
>(emitter: E, name: N, options: OnceOptions = {}): Coroutine<ArgumentsFor<A, E, N>> {
  checkEmitter('once', emitter)
  checkOptions('once()', options, ['errors'])
  const { errors = name === 'close' ? 'ignore' : 'throw' } = options
  if (errors !== 'throw' && errors !== 'ignore')
    throw new TypeError(`errors must be 'throw' or 'ignore', got ${repr(errors)}`)
  return waitingOnce(emitter, name as string | symbol, errors === 'throw') as never // the types come from the emitter or the caller
}

/** The result of `events`. */
export type EventStream<A> = CoroutineIterable<A> & AsyncIterable<A>

/**
 * All events of a name, for `forEach`, or for `for await` in plain async code. Each item is the list of arguments that
 * the listeners receive, typed as by `once`. It listens from the start of the iteration, and keeps the events that
 * arrive while the block waits. When the iteration ends, even by an exception or a cancellation, the listeners are
 * removed.
 * @param options `maxSize`: how many events to keep, no limit by default; `end`: what ends the iteration
 * @throws TypeError if `emitter` emits no events; the argument of an `'error'` event, after the events before it
 *
 * @example
 * ```ts
 * import { createInterface } from 'node:readline'
 * import { Readable } from 'node:stream'
 * import { type Coroutine, events, forEach, run } from 'spindle'
 *
 * function* main(): Coroutine<void> {
 *   const lines = createInterface(Readable.from(['a\nb\n', 'c']))
 *   yield* forEach(events(lines, 'line', { end: 'close' }), function* ([line]) {
 *     console.log(line)
 *   })
 * }
 * await run(main())
 * // prints: a
 * // prints: b
 * // prints: c
 * ```
 */
export function events<
  A extends readonly unknown[] | undefined = undefined,
  E extends EmitterLike | EventTargetLike = EmitterLike | EventTargetLike,
  N extends EventName<E> = EventName<E>,
>(emitter: E, name: N, options: EventsOptions = {}): EventStream<ArgumentsFor<A, E, N>> {
  return eventsOf(emitter, name as string | symbol, options) as never // as for once()
}

function eventsOf<A>(
  emitter: EmitterLike | EventTargetLike,
  name: string | symbol,
  options: EventsOptions,
): EventStream<A> {
  checkEmitter('events', emitter)
  checkOptions('events()', options, ['end', 'maxSize'])
  const { maxSize } = options
  if (maxSize !== undefined && !(maxSize >= 1)) throw new RangeError(`maxSize must be at least 1, got ${repr(maxSize)}`)
  return {
    [coroutineIterator]: () => new EventBuffer<A>(emitter, name, options),
    [Symbol.asyncIterator]: () => new EventBuffer<A>(emitter, name, options).inPromises(),
  }
}

const waitingOnce = coroutine(function* once<A extends readonly unknown[]>(
  emitter: EmitterLike | EventTargetLike,
  name: string | symbol,
  throwsErrors: boolean,
): Coroutine<A> {
  const future = new HostFuture<A>(`event '${String(name)}'`, () => listeners.removeAll())
  const listeners = new Listeners(emitter)
  listeners.add(name, (...args) => {
    listeners.removeAll() // at once: an 'error' before this Task resumes belongs to other listeners
    future.resolve(args as unknown as A) // the caller states the type of the arguments
  })
  listeners.addForErrors(name, (error) => {
    if (!throwsErrors) return
    listeners.removeAll('error') // a second one, before this Task resumes, must not be thrown at the emitter
    future.reject(error)
  })
  try {
    return yield* future
  } finally {
    listeners.removeAll()
  }
})

class EventBuffer<A> implements CoroutineIterator<A> {
  readonly #quotedName: string
  readonly #listeners: Listeners
  readonly #arrived = new Ring<A>()
  #hasEnded = false
  #failure: { readonly error: unknown } | undefined
  #wake: (() => void) | undefined
  readonly #maxSize: number
  readonly #pausable: Pausable | undefined
  #isPaused = false

  constructor(emitter: EmitterLike | EventTargetLike, name: string | symbol, { end = [], maxSize }: EventsOptions) {
    this.#quotedName = `'${String(name)}'`
    this.#listeners = new Listeners(emitter)
    this.#maxSize = maxSize ?? Number.POSITIVE_INFINITY
    this.#pausable = isPausable(emitter) ? emitter : undefined
    this.#listeners.add(name, (...args) => {
      if (this.#isFull() && this.#pausable === undefined) return this.#overflow()
      this.#arrived.put(args as A) // the caller states the type of the arguments
      if (this.#isFull() && !this.#isPaused) {
        this.#isPaused = true
        this.#pausable?.pause()
      }
      this.#wake?.()
    })
    for (const ending of typeof end === 'string' ? [end] : end) this.#listeners.add(ending, () => this.#end())
    this.#listeners.addForErrors(name, (error) => {
      this.#failure ??= { error } // a second one is less useful, but must not be thrown at the emitter
      this.#end()
    })
  }

  *next(): Coroutine<IteratorResult<A, undefined>> {
    for (;;) {
      const taken = this.#take()
      if (taken !== undefined) return taken
      const future = new HostFuture<void>(`event ${this.#quotedName}`)
      this.#wake = () => future.resolve()
      try {
        yield* future
      } catch (error) {
        this.#close()
        throw error
      }
    }
  }

  *return(): Coroutine<void> {
    this.#close()
  }

  async *inPromises(): AsyncGenerator<A, void, undefined> {
    try {
      for (;;) {
        const taken = this.#take()
        if (taken?.done) return
        if (taken !== undefined) yield taken.value
        else
          await new Promise<void>((resolve) => {
            this.#wake = resolve
          })
      }
    } finally {
      this.#close()
    }
  }

  /** The next event, or the end; undefined while there is neither. */
  #take(): IteratorResult<A, undefined> | undefined {
    if (this.#arrived.length > 0) {
      const value = this.#arrived.get()
      if (this.#isPaused && this.#arrived.length <= this.#maxSize / 2) this.#resume()
      return { done: false, value }
    }
    if (!this.#hasEnded) return undefined
    const failure = this.#failure
    this.#failure = undefined
    if (failure !== undefined) {
      this.#listeners.removeAll()
      throw failure.error
    }
    return { done: true, value: undefined }
  }

  #close(): void {
    this.#arrived.clear()
    this.#failure = undefined
    this.#end()
    this.#resume() // paused here, so resumed here
  }

  #isFull(): boolean {
    return this.#arrived.length >= this.#maxSize
  }

  #resume(): void {
    if (this.#isPaused) this.#pausable?.resume()
    this.#isPaused = false
  }

  #overflow(): void {
    const message = `more than ${this.#maxSize} events ${this.#quotedName} came before they were taken, and the emitter cannot be paused`
    this.#failure ??= { error: new QueueFull(message) }
    this.#end()
  }

  #end(): void {
    this.#listeners.removeAll(this.#failure === undefined ? undefined : 'error')
    this.#hasEnded = true
    this.#wake?.()
  }
}

/** The listeners of one `once` or `events`, which are removed together. */
class Listeners {
  readonly #emitter: EmitterLike | EventTargetLike
  readonly #added: [name: string | symbol, end: () => void][] = []

  constructor(emitter: EmitterLike | EventTargetLike) {
    this.#emitter = emitter
  }

  add(name: string | symbol, listener: Listener): void {
    this.#added.push([name, listen(this.#emitter, name, listener)])
  }

  /** An emitter reports failures by this event. For an EventTarget it is a name like any other. */
  addForErrors(name: string | symbol, listener: (error: unknown) => void): void {
    if (isEmitter(this.#emitter) && name !== 'error') this.add('error', listener)
  }

  removeAll(except?: string): void {
    for (const one of this.#added.splice(0)) {
      const [name, end] = one
      if (name === except) this.#added.push(one)
      else end()
    }
  }
}

interface Pausable {
  pause(): unknown
  resume(): unknown
}

function isPausable(emitter: object): emitter is Pausable {
  const { pause, resume } = emitter as Partial<Pausable>
  return typeof pause === 'function' && typeof resume === 'function'
}

function checkEmitter(caller: string, emitter: unknown): void {
  const given = emitter as Partial<EmitterLike & EventTargetLike> | null | undefined
  if (given !== null && given !== undefined && isEmitter(given as object)) return // an Express app is a function
  if (typeof given?.addEventListener === 'function' && typeof given.removeEventListener === 'function') return
  throw new TypeError(`${caller}() takes an EventEmitter or an EventTarget, got ${repr(emitter)}`)
}
