// The functions of the host that an explored program meets instead of the real ones. They replace these while
// explore() works, and act as the real ones outside a run. Only the host's own functions are replaced: a stub that a
// test has put there stays, and is explored with the program. Timers are an exception, because a wrapper of the real
// ones would reach the real host.

import { hostProcess, isOurs, scriptLocation } from 'spindle/internal'
import { seededRandom } from '../schedule/random.ts'
import { builtin, isNode } from './node.ts'
import { LONGEST_SLEEP, type SimulatedHost, SimulatedTimer } from './simulated-host.ts'
import { simulatedChannel } from './simulated-port.ts'

type AnyFunction = (...args: never[]) => unknown
type Callback = (...args: unknown[]) => unknown
type Make = (real: AnyFunction) => unknown

// The time of the host's clocks when a run begins.
const EPOCH = 1_700_000_000_000
const { AbortController } = globalThis
const PROMISIFY = Symbol.for('nodejs.util.promisify.custom')

let current: SimulatedHost | undefined
let random = Math.random
// The description of a global of Vitest, the timers that `vi.waitFor()` and `expect.poll()` use.
const VITEST_TIMERS = 'vitest:SAFE_TIMERS'
// The installed functions, and the stubs of a test that stay.
const installed: Installed[] = []

/** Makes programs use `host` until the returned function is called. */
export function useHost(host: SimulatedHost | undefined): () => void {
  const outer = current
  current = host
  random = seededRandom(1)
  return () => {
    current = outer
    repair()
  }
}

/** Puts the functions in place again that the program has replaced: the next run is to begin like this one. */
function repair(): void {
  const replaced = installed.filter(({ target, name, during: { get, value } }) => {
    const own = Object.getOwnPropertyDescriptor(target, name)
    return own?.get !== get || own?.value !== value
  })
  for (const { target, name, during } of replaced) put(target, name, during)
  if (replaced.length > 0) updateImports()
}

// Whether the functions stay in place: `@spindle/testing/host` was imported.
let isKept = false

/** Puts the simulated functions in place for good, for modules that keep one when they are loaded. */
export function keepHostGlobals(): void {
  if (!isKept) installHostGlobals()
  isKept = true
}

/** Puts the simulated functions in place, until the returned function is called. If one can't be replaced, none is. */
export function installHostGlobals(): () => void {
  if (isKept) {
    for (const { target, name } of installed.splice(0)) keep(target, name)
    return () => {}
  }
  const allowWorkers = refuseWorkers()
  const restore = (): void => {
    allowWorkers()
    for (const { target, name, before } of installed.splice(0).reverse()) put(target, name, before)
    updateImports()
  }
  try {
    replaceAll()
  } catch (error) {
    restore()
    throw error
  }
  updateImports()
  return restore
}

/** For modules that import functions of Node by name. */
function updateImports(): void {
  builtin<{ syncBuiltinESMExports?(): void } | undefined>('node:module')?.syncBuiltinESMExports?.()
}

/** A property of the host, or of an object of it. */
interface Installed {
  readonly target: object
  readonly name: string
  /** undefined: it is inherited. */
  readonly before: PropertyDescriptor | undefined
  readonly during: PropertyDescriptor
}

function put(target: object, name: string, property: PropertyDescriptor | undefined): void {
  if (property === undefined) Reflect.deleteProperty(target, name)
  else Object.defineProperty(target, name, property)
}

/** The property stays, and a program may replace it for one run. */
function keep(target: object, name: string): void {
  const value: unknown = Reflect.get(target, name)
  const before = Object.getOwnPropertyDescriptor(target, name)
  installed.push({ target, name, before, during: before ?? { value, configurable: true } })
}

function define(target: object, name: string, property: PropertyDescriptor): void {
  const before = Object.getOwnPropertyDescriptor(target, name)
  const during = { ...property, configurable: true }
  put(target, name, during)
  installed.push({ target, name, before, during })
}

/** Replaces a function, unless a test has put a stub there. */
function replace(target: object | undefined, name: string, make: Make, isStubKept = true): void {
  const real = target && (Reflect.get(target, name) as AnyFunction | undefined)
  if (target === undefined || typeof real !== 'function') return
  if (isStubKept && !isHosts(real)) keep(target, name)
  else define(target, name, { value: make(real), writable: true })
}

function simulateAll(target: object | undefined, functions: object, isStubKept = true): void {
  for (const [name, simulated] of Object.entries(functions)) {
    replace(target, name, (real) => orReal(simulated as AnyFunction, real), isStubKept)
  }
}

/** Whether the host has made a function, or Spindle, which has put one in its place. */
function isHosts(fn: AnyFunction): boolean {
  const known = verdicts.get(fn)
  if (known !== undefined) return known
  const verdict = isMadeByHost(fn)
  verdicts.set(fn, verdict)
  return verdict
}

const verdicts = new WeakMap<AnyFunction, boolean>()

function isMadeByHost(fn: AnyFunction): boolean {
  const place = scriptLocation(fn)
  if (place !== undefined) return place.script.startsWith('node:') || isOurs(place.script)
  return !/^function \(\) /.test(Function.prototype.toString.call(fn)) // as of a bound function, or of a Proxy
}

function replaceAll(): void {
  const process = hostProcess() as object | undefined
  const promises = builtin<{ scheduler?: object } | undefined>('node:timers/promises')
  simulateAll(globalThis, TIMERS, false)
  simulateAll(globalThis, { fetch: refuseFetch })
  if (!isNode()) simulateAll(globalThis, { queueMicrotask: (run: () => void) => host().microtasks.push(run) })
  simulateAll(builtin('node:timers'), TIMERS, false)
  const ofVitest = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === VITEST_TIMERS)
  if (ofVitest !== undefined) simulateAll(Reflect.get(globalThis, ofVitest), TIMERS, false)
  simulateAll(promises, { setTimeout: after, setImmediate: afterImmediate, setInterval: every }, false)
  simulateAll(promises?.scheduler, { wait: after }, false)
  simulateAll(AbortSignal, { timeout: timeoutSignal })
  simulateAll(performance, { now: simulatedTime })
  const { timeOrigin } = performance
  define(performance, 'timeOrigin', { get: () => (current === undefined ? timeOrigin : EPOCH) })
  simulateAll(Math, { random: () => random() })
  simulateAll(globalThis.crypto, { randomUUID, getRandomValues: fillRandom })
  simulateAll(builtin('node:crypto'), { randomUUID, randomBytes, randomInt, randomFillSync: fillRandom })
  simulateAll(process, { hrtime: Object.assign(hrtime, { bigint: () => BigInt(Math.round(simulatedTime() * 1e6)) }) })
  replace(process, 'nextTick', (real) => orReal(tickOf(real as unknown as NextTick), real))
  for (const target of [globalThis, builtin<object | undefined>('node:worker_threads')]) {
    replace(target, 'MessageChannel', (real) => constructing(real, () => simulatedChannel(host())))
  }
  replace(globalThis, 'AbortController', (real) => watched(real as unknown as typeof AbortController), false)
  keep(Date, 'now')
  replace(globalThis, 'Date', (real) => simulatedDate(real as unknown as DateConstructor))
  for (const name of Object.getOwnPropertyNames(globalThis)) {
    const { value, configurable } = Object.getOwnPropertyDescriptor(globalThis, name) as PropertyDescriptor
    if (typeof value === 'function' && configurable) keep(globalThis, name) // a program may replace it
  }
}

function orReal(simulated: AnyFunction, real: AnyFunction): AnyFunction {
  const either = function (this: unknown, ...args: never[]): unknown {
    return Reflect.apply(current === undefined ? real : simulated, this, args)
  }
  for (const key of Reflect.ownKeys({ ...simulated })) {
    // `hrtime.bigint`, the form of `promisify`
    const [part, realPart] = [simulated, real].map((one) => Reflect.get(one, key) as unknown)
    if (typeof part !== 'function' || typeof realPart !== 'function') continue
    Object.assign(either, { [key]: orReal(part as AnyFunction, realPart as AnyFunction) })
  }
  return either
}

function constructing(real: AnyFunction, make: () => object): unknown {
  return new Proxy(real, {
    construct: (target, args, newTarget) =>
      current === undefined ? (Reflect.construct(target, args, newTarget) as object) : make(),
  })
}

function watched(real: typeof AbortController): unknown {
  return new Proxy(real, {
    construct(target, args, newTarget) {
      const controller = Reflect.construct(target, args, newTarget) as AbortController
      current?.aborts?.add(controller)
      return controller
    },
  })
}

function host(): SimulatedHost {
  return current as SimulatedHost // the caller has made sure of that
}

function simulatedTime(): number {
  return host().clock.time()
}

function setTimer(
  callback: unknown,
  delay: unknown,
  args: unknown[],
  repeats: boolean,
  isVaried = true,
): SimulatedTimer {
  if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function.')
  return host().setTimer(callback as Callback, delay, args, repeats, isVaried)
}

/** Whether the loop of the run sets its own timer, by a method call: ExploredTimers varies the timers of the loop. */
function wakesLoop(caller: unknown, delay: unknown): boolean {
  const { loop } = host()
  if (caller !== globalThis || loop?.driver?.parked !== true) return false
  return delay === LONGEST_SLEEP || delay === Math.max(1, Math.ceil(loop.nextTime - loop.time()))
}

function clear(timer: unknown): void {
  if (timer instanceof SimulatedTimer) timer.close()
}

const TIMERS = {
  setTimeout: Object.assign(
    function (this: unknown, callback: unknown, delay?: unknown, ...args: unknown[]) {
      return setTimer(callback, delay, args, false, !wakesLoop(this, delay))
    },
    { [PROMISIFY]: after },
  ),
  setInterval: (callback: unknown, delay?: unknown, ...args: unknown[]) => setTimer(callback, delay, args, true),
  setImmediate: Object.assign((callback: Callback, ...args: unknown[]) => host().setImmediate(callback, args), {
    [PROMISIFY]: afterImmediate,
  }),
  clearTimeout: clear,
  clearInterval: clear,
  clearImmediate: clear,
}

interface Abortable {
  readonly signal?: AbortSignal | undefined
}

function after(delay?: number, value?: unknown, options?: Abortable): Promise<unknown> {
  return promised(value, options, (callback) => host().setTimer(callback, delay))
}

function afterImmediate(value?: unknown, options?: Abortable): Promise<unknown> {
  return promised(value, options, (callback) => host().setImmediate(callback))
}

function promised(
  value: unknown,
  { signal }: Abortable = {},
  set: (callback: Callback) => SimulatedTimer,
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(abortError(signal))
    if (signal?.aborted) return abort()
    const timer = set(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve(value)
    })
    const onAbort = (): void => {
      timer.close()
      abort()
    }
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error('The operation was aborted', { cause: signal?.reason })
  return Object.assign(error, { name: 'AbortError', code: 'ABORT_ERR' })
}

async function* every(delay?: number, value?: unknown, options?: Abortable): AsyncGenerator<unknown> {
  for (;;) yield await after(delay, value, options)
}

function timeoutSignal(delay: number): AbortSignal {
  const controller = new AbortController()
  const reason = (): DOMException => new DOMException('The operation was aborted due to timeout', 'TimeoutError')
  host()
    .setTimer(() => controller.abort(reason()), delay)
    .unref()
  return controller.signal
}

function hrtime([seconds, nanoseconds]: readonly [number, number] = [0, 0]): [number, number] {
  const passed = Math.round((simulatedTime() - seconds * 1e3) * 1e6) - nanoseconds
  return [Math.floor(passed / 1e9), passed % 1e9]
}

function randomUUID(): string {
  const hex = (digits: number): string =>
    Math.floor(random() * 16 ** digits)
      .toString(16)
      .padStart(digits, '0')
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`
}

function fillRandom<A extends Uint8Array>(array: A, offset = 0, size: number = array.byteLength - offset): A {
  const bytes = new Uint8Array(array.buffer, array.byteOffset + offset, size)
  for (let n = 0; n < bytes.length; n++) bytes[n] = Math.floor(random() * 256)
  return array
}

type Answer<T> = (error: null, value: T) => void

/** Returns a value, or passes it to the callback if there is one. */
function answered<T>(value: T, callback?: Answer<T>): T | undefined {
  if (callback === undefined) return value
  host().setImmediate(() => callback(null, value))
  return undefined
}

function randomBytes(size: number, callback?: Answer<Uint8Array>): Uint8Array | undefined {
  const { Buffer } = builtin<{ Buffer: { alloc(size: number): Uint8Array } }>('node:buffer')
  return answered(fillRandom(Buffer.alloc(size)), callback)
}

function randomInt(...args: readonly (number | Answer<number>)[]): number | undefined {
  const limits = args.filter((one) => typeof one === 'number')
  const [low, high] = limits.length > 1 ? limits : [0, ...limits]
  const picked = (low as number) + Math.floor(random() * ((high as number) - (low as number)))
  return answered(
    picked,
    args.find((one) => typeof one === 'function'),
  )
}

type NextTick = (callback: Callback, ...args: unknown[]) => void

/** Drops ticks that are still queued when a run is stopped: they would run in the next one, and might never end. */
function tickOf(real: NextTick): AnyFunction {
  return ((callback: Callback, ...args: unknown[]) => {
    const own = current
    real(() => {
      if (current !== own) return
      try {
        callback(...args)
      } catch (error) {
        own?.onError(error) // out of the tick, it would break the stack of Node's async hooks
      }
    })
  }) as AnyFunction
}

function refuseFetch(): never {
  throw outOfReachError('fetch() reaches the real network')
}

/** Wherever a program has the class from: its constructor looks up the constructor of its parent. */
function refuseWorkers(): () => void {
  const { Worker: worker } = builtin<{ readonly Worker?: AnyFunction } | undefined>('node:worker_threads') ?? {}
  if (worker === undefined) return () => {}
  const parent = Object.getPrototypeOf(worker) as AnyFunction
  const refuse = (): never => {
    throw outOfReachError('a Worker is a real thread')
  }
  Object.setPrototypeOf(worker, constructing(parent, refuse) as object)
  return () => void Object.setPrototypeOf(worker, parent)
}

function outOfReachError(what: string): Error {
  const error = new TypeError(
    `${what}, and a schedule cannot decide when that answers. Pass the program something in its place: ` +
      'simulate.network() or simulate.call() of @spindle/testing/simulate',
  )
  host().refused ??= error
  return error
}

function simulatedDate(real: DateConstructor): DateConstructor {
  const { now } = real
  const isStub = !isHosts(now)
  const shown = (): number => (current === undefined ? now() : EPOCH + Math.floor(simulatedTime()))
  return new Proxy(real, {
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [shown()] : args, newTarget) as object,
    apply: () => new real(shown()).toString(),
    get: (target, name) => (name === 'now' && target.now === now && !isStub ? shown : Reflect.get(target, name)),
  })
}
