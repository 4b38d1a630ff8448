// Finds leaks of a test: Tasks that keep running, locks that are still held. The watch looks when the test
// has passed, and names each leak with the line that created it.

import { type Coroutine, type EventLoop, sleep, type Task } from 'spindle'
import { ambient, creationStack, formatLocation, parseFrame, recordCreation, repr } from 'spindle/internal'

/** The leaks that a test is allowed. */
export type LeakKind = 'tasks' | 'timers' | 'listeners' | 'locks' | 'errors' | 'coroutines'

/** Which leaks are allowed, and why: `{ tasks: 'the server keeps running' }`. */
export type AllowedLeaks = { readonly [Kind in LeakKind]?: string | undefined }

const KINDS: readonly LeakKind[] = ['tasks', 'timers', 'listeners', 'locks', 'errors', 'coroutines']

/** @throws TypeError if it names an unknown kind, or gives no reason */
export function checkAllowedLeaks(allow: unknown): asserts allow is AllowedLeaks {
  if (typeof allow !== 'object' || allow === null) {
    throw new TypeError(`allow must be an object such as { tasks: 'why' }, got ${repr(allow)}`)
  }
  for (const [kind, reason] of Object.entries(allow)) {
    if (!KINDS.includes(kind as LeakKind)) {
      throw new TypeError(`allow has ${repr(kind)}, which is none of ${KINDS.map(repr).join(', ')}`)
    }
    if (typeof reason === 'string' && reason.trim() !== '') continue
    throw new TypeError(`allow.${kind} must be the reason why the test may leave ${kind} behind, got ${repr(reason)}`)
  }
}

// How many iterations a Task that was cancelled last may take to end.
const MAX_TURNS = 100

// A test that makes more Futures and callbacks gets no lines for later ones: recording them takes longer than all other
// work.
const MAX_NOTED = 10_000

/** Watches for leaks of the program of a loop. */
export class LeakWatch {
  readonly #loop: EventLoop
  readonly #allow: AllowedLeaks
  readonly #timers = new Set<SetTimer>()
  /** Resources that were acquired and not released, oldest first. */
  readonly #held = new Map<object, Held[]>()
  // How often a semaphore was released before it was acquired: it counts events rather than holders.
  readonly #releasedAhead = new Map<object, number>()
  readonly #listeners = new Set<Listening>()

  constructor(loop: EventLoop, allow: AllowedLeaks) {
    this.#loop = loop
    this.#allow = allow
    let left = MAX_NOTED
    loop.probes.add({
      get wantsObjects() {
        return left > 0
      },
      made() {
        if (--left === 0) recordCreation(loop, false)
      },
      timerSet: (timer) => {
        if ('when' in timer) this.#noteTimer(timer as unknown as SetTimer)
      },
      resource: (resource, action) => this.#noteResource(resource, action, loop.currentTask),
    })
    watches.add(this)
    if (watches.size === 1) watchListeners()
  }

  /** Whether this watch belongs to `loop`. */
  watches(loop: EventLoop): boolean {
    return loop === this.#loop
  }

  /** Stops watching: the test is over. */
  end(): void {
    watches.delete(this)
    if (watches.size === 0) unwatchListeners()
  }

  /** Lets cancelled Tasks end. Runs in the loop. */
  *settle(): Coroutine<void> {
    const { tasks } = this.#loop
    for (let turn = 0; turn < MAX_TURNS && tasks.size > 1; turn++) {
      yield* sleep(0)
      if (this.#loop.nextTime > this.#loop.time()) return // they wait
    }
  }

  /**
   * @param what names the program that has run
   * @throws Error that names everything left behind that is not allowed
   */
  check(what: string): void {
    const found = KINDS.filter((kind) => this.#allow[kind] === undefined).flatMap((kind) => this.#find(kind))
    if (found.length === 0) return
    const kind = found[0]?.kind
    throw new Error(
      `${what} has left something behind:${found.map(({ text }) => `\n  ${text}`).join('')}\n` +
        `Await it, cancel it or release it; or say why it may stay: { allow: { ${kind}: 'the reason' } }`,
    )
  }

  /** Whether a report is about a leak that is allowed. */
  allows({ message }: { message: string }): boolean {
    if (this.#allow.errors !== undefined && message.endsWith('exception was never retrieved')) return true
    return this.#allow.coroutines !== undefined && / was never awaited[.:]/.test(message)
  }

  noteListener(listening: Listening): void {
    creationStack.record(listening)
    this.#listeners.add(listening)
  }

  forgetListener(signal: object, type: unknown, listener: unknown): void {
    for (const one of this.#listeners) {
      if (one.signal === signal && one.type === type && one.listener === listener) this.#listeners.delete(one)
    }
  }

  #noteTimer(timer: SetTimer): void {
    this.#timers.add(timer)
    if (this.#timers.size % 1024 !== 0) return
    for (const one of this.#timers) if (!this.#isSet(one)) this.#timers.delete(one)
  }

  #isSet(timer: SetTimer): boolean {
    return !timer.cancelled() && timer.when() > this.#loop.time()
  }

  #noteResource(resource: object, action: string, task: Task | undefined): void {
    const ahead = this.#releasedAhead.get(resource) ?? 0
    const all = this.#held.get(resource) ?? []
    if (action === 'acquired') {
      if (ahead > 0) return void this.#releasedAhead.set(resource, ahead - 1)
      const held: Held = { by: task }
      creationStack.record(held)
      all.push(held)
      this.#held.set(resource, all)
    } else if (action === 'released' || action === 'handed-on') {
      if (all.shift() === undefined) this.#releasedAhead.set(resource, ahead + 1)
    }
  }

  #find(kind: LeakKind): { readonly kind: LeakKind; readonly text: string }[] {
    return [...this.#describe(kind)].map((text) => ({ kind, text }))
  }

  *#describe(kind: LeakKind): Iterable<string> {
    if (kind === 'tasks') for (const task of this.#loop.tasks) yield `${task}`
    if (kind === 'timers') for (const timer of this.#timers) if (this.#isSet(timer)) yield `${timer}`
    if (kind === 'locks') {
      for (const [resource, all] of this.#held) {
        for (const held of all) yield `${resource} held by ${describeHolder(held)}`
      }
    }
    if (kind === 'listeners') {
      for (const one of this.#listeners) {
        if (!one.signal.aborted) yield `a listener for ${repr(one.type)} of an AbortSignal${placeOf(one, ' added')}`
      }
    }
  }
}

/** Timer handles made by `callAt` and `callLater`. */
interface SetTimer {
  when(): number
  cancelled(): boolean
}

interface Held {
  readonly by: Task | undefined
}

interface Listening {
  readonly signal: { readonly aborted: boolean }
  readonly type: unknown
  readonly listener: unknown
}

/** Names the line that acquired it, or, for a Task that did nothing else, the line that created the Task. */
function describeHolder(held: Held): string {
  const place = placeOf(held, ', acquired')
  if (place !== '') return (held.by?.getName() ?? 'a callback') + place
  return String(held.by ?? 'a callback')
}

function placeOf(noted: object, done: string): string {
  const frames = creationStack.of(noted)?.split('\n') ?? []
  const frame = frames.find((line) => /:\d+:\d+\)?$/.test(line) && !/eventemitter3|[( ]node:/.test(line))
  const place = parseFrame(frame ?? '')
  return place === undefined ? '' : `${done} at ${formatLocation(place)}`
}

// The active watches. A listener added to a signal is recorded by the watch whose loop is running.
const watches = new Set<LeakWatch>()

type Method = (this: Listening['signal'], type: unknown, listener: unknown, options?: unknown) => void

interface Target {
  addEventListener: Method
  removeEventListener: Method
}

function prototypeOfSignals(): Target | undefined {
  return (globalThis as { AbortSignal?: { prototype: Target } }).AbortSignal?.prototype
}

/** Gives `AbortSignal` methods that shadow the methods of EventTarget. */
function watchListeners(): void {
  const prototype = prototypeOfSignals()
  if (prototype === undefined) return
  const { addEventListener, removeEventListener } = prototype
  prototype.addEventListener = function (type, listener, options) {
    const isBounded = typeof options === 'object' && options !== null && 'signal' in options && options.signal
    if (!isBounded && !isByHost(new Error().stack)) {
      for (const watch of watches) {
        if (ambient.runningLoop !== undefined && watch.watches(ambient.runningLoop)) {
          watch.noteListener({ signal: this, type, listener })
        }
      }
    }
    return addEventListener.call(this, type, listener, options)
  }
  prototype.removeEventListener = function (type, listener, options) {
    for (const watch of watches) watch.forgetListener(this, type, listener)
    return removeEventListener.call(this, type, listener, options)
  }
}

function unwatchListeners(): void {
  const prototype = prototypeOfSignals() as { addEventListener?: Method; removeEventListener?: Method } | undefined
  delete prototype?.addEventListener
  delete prototype?.removeEventListener
}

/** Node's own fetch() leaves the listeners it adds to the garbage collector. */
function isByHost(stack = ''): boolean {
  const [, , caller = ''] = stack.split('\n')
  return /\(?node:/.test(caller)
}
