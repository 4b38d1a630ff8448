// The functions that the workers of the tests run. They write their progress to a file, so that it remains when a
// worker dies.

import { appendFileSync, readFileSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { allTasks, type Coroutine, Event, gather, Lock, sleep } from 'spindle'
import { DistributedExecutor } from 'spindle/distributed'
import { concurrent, reportProgress, stopRequested, stopSignal, Thread, ThreadPoolExecutor } from 'spindle/thread'
import { currentCall, running } from '../../packages/distributed/src/calls/current-call.ts'

export function square(n: number): number {
  return n * n
}

export function* squareSlowly(n: number, ms = 10): Coroutine<number> {
  yield* sleep(ms)
  return n * n
}

export async function squareLater(n: number): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, 1))
  return n * n
}

/** Runs until its log says that it may end. */
export function* spinUntilTold(log: string, name: string): Coroutine<string> {
  appendFileSync(log, `${name} begun\n`)
  while (!readFileSync(log, 'utf8').includes(`${name} may end\n`)) yield* sleep(5)
  appendFileSync(log, `${name} ended\n`)
  return name
}

/** Runs until it is cancelled, or for `ms`; its clean-up waits. */
export function* spin(log: string, name: string, ms = 3_600_000): Coroutine<string> {
  appendFileSync(log, `${name} begun\n`)
  try {
    yield* sleep(ms)
    appendFileSync(log, `${name} ended\n`)
    return name
  } finally {
    yield* sleep(5)
    appendFileSync(log, `${name} finally\n`)
  }
}

export function* swallow(log: string): Coroutine<string> {
  appendFileSync(log, 'swallow begun\n')
  try {
    yield* sleep(3_600_000)
  } catch {
    appendFileSync(log, 'swallow swallowed\n')
  }
  return 'swallowed'
}

/** Computes without a pause. Returns how often it was started. */
export function* block(log: string, ms: number): Coroutine<string> {
  appendFileSync(log, 'block begun\n')
  const until = Date.now() + ms
  while (Date.now() < until);
  yield* sleep(0)
  return 'blocked'
}

/** Blocks its thread for a result that never comes. */
export function* blockForResult(ms: number): Coroutine<string> {
  try {
    new concurrent.Future().result({ timeout: ms })
  } catch {}
  return 'blocked'
}

export function computeUntilStopped(log: string): string {
  appendFileSync(log, 'compute begun\n')
  while (!stopRequested());
  return 'stopped'
}

export async function waitUntilStopped(log: string): Promise<string> {
  const signal = stopSignal()
  appendFileSync(log, 'wait begun\n')
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  return 'stopped'
}

/** Throws until the attempt `good`. */
export function* failUntil(good: number): Coroutine<number> {
  yield* sleep(0)
  const attempt = currentCall()?.attempt ?? 0
  if (attempt < good) throw new RangeError(`attempt ${attempt}`)
  return attempt
}

export class OrderError extends Error {
  override name = 'OrderError'
  readonly code: string = 'E_ORDER'
}

export function* failWithCause(): Coroutine<never> {
  yield* sleep(0)
  throw new OrderError('order 66', { cause: new RangeError('too many') })
}

export function throwPlain(message: string): never {
  throw new TypeError(message)
}

export function echo(value: unknown): unknown {
  return value
}

export function unsendable(kind = 'an Event'): unknown {
  return { inner: [1, UNSENDABLE[kind]?.()] }
}

/** Values that cannot be sent, by their kind. */
export const UNSENDABLE: Readonly<Record<string, () => unknown>> = {
  'an instance of a class': () => new OrderError('of a class'),
  'a function': () => () => {},
  'a symbol': () => Symbol('s'),
  'an Event': () => new Event(),
  'a Lock': () => new Lock(),
  'a Future': () => new concurrent.Future(),
  'an Executor': () => new ThreadPoolExecutor(1),
  'a Thread': () => new Thread({ target: square, args: [1] }),
}

/** Submits to an executor that it creates on its own thread. */
export function submitFromHere(url: string, n: number): number {
  using executor = new DistributedExecutor({ url })
  return executor.submit(square, n).result()
}

export function submitWith(executor: DistributedExecutor): unknown {
  return executor.submit(square, 1).result()
}

export function* big(bytes: number): Coroutine<string> {
  yield* sleep(0)
  return 'x'.repeat(bytes)
}

export function* steps(count: number): Coroutine<string> {
  for (let step = 1; step <= count; step++) {
    yield* sleep(0)
    reportProgress(step)
  }
  return 'done'
}

export function stepsPlain(count: number): string {
  for (let step = 1; step <= count; step++) reportProgress(step)
  return 'done'
}

export function whoAmI(): unknown {
  return currentCall()
}

/** Ends the worker: it runs on the worker's loop. */
export function* exitWorker(): Coroutine<void> {
  yield* sleep(0)
  process.exit(3)
}

export function eatMemory(): number {
  const eaten: number[][] = []
  for (;;) eaten.push(new Array(1_000_000).fill(eaten.length))
}

/** Writes a line when it is cancelled. Returns the number of lines of each kind. */
export function* count(log: string, ms: number): Coroutine<number> {
  appendFileSync(log, 'begun\n')
  try {
    yield* sleep(ms)
    appendFileSync(log, 'ended\n')
    return ms
  } finally {
    appendFileSync(log, 'finally\n')
  }
}

export function exitThread(): void {
  process.exit(3)
}

export function* squares(limit: number): Generator<number> {
  for (let n = 0; n < limit; n++) yield n * n
}

export function isAdmin(user: object): boolean {
  return Reflect.get(user, 'admin') === true || Reflect.get({}, 'admin') === true
}

/** The memory of the process after a collection, which must not grow with the number of calls. */
export interface Holdings {
  readonly heap: number
  readonly tasks: number
  readonly listeners: number
  readonly resources: readonly string[]
}

export function holdings(tasks = 0): Holdings {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return {
    heap: process.memoryUsage().heapUsed,
    tasks,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    resources: process.getActiveResourcesInfo().sort(),
  }
}

export function* holdingsOfWorker(): Coroutine<Holdings> {
  yield* sleep(100) // calls that have just ended release their memory
  return holdings(allTasks().size)
}

export function* note(log: string, name: string): Coroutine<void> {
  appendFileSync(log, `${name}\n`)
  yield* sleep(0)
}

/** Its last step has the effect: it has none if it is cancelled. */
export function* effect(log: string, name: string): Coroutine<void> {
  yield* sleep(1)
  appendFileSync(log, `${name} ${process.pid}\n`)
}

/** Throws the first time. */
export function* failFirst(log: string): Coroutine<string> {
  const isFirst = readFileSync(log, 'utf8') === ''
  appendFileSync(log, 'ran\n')
  yield* sleep(0)
  if (isFirst) throw new RangeError('the first time')
  return 'later'
}

let nesting: DistributedExecutor | undefined
/** One for each worker, with telemetry if its `--config` has set it. */
function executorOf(url: string, queue: string): DistributedExecutor {
  nesting ??= new DistributedExecutor({ url, queue, telemetry: Reflect.get(globalThis, 'telemetryOfTests') })
  return nesting
}

/** Calls itself on other workers, and waits for the result: as many calls wait as it is deep. */
export function* nested(url: string, queue: string, depth: number): Coroutine<number> {
  return depth === 0 ? 0 : 1 + (yield* executorOf(url, queue).submit(nested, url, queue, depth - 1))
}

export function* fib(url: string, queue: string, n: number): Coroutine<number> {
  if (n < 2) return n
  const executor = executorOf(url, queue)
  const [a, b] = [executor.submit(fib, url, queue, n - 1), executor.submit(fib, url, queue, n - 2)]
  return (yield* a) + (yield* b)
}

/** A tree of calls whose leaves run until they are cancelled. */
export function* grow(url: string, queue: string, log: string, depth: number): Coroutine<void> {
  appendFileSync(log, `${depth === 0 ? 'leaf' : 'branch'} ${process.pid}\n`)
  try {
    if (depth === 0) yield* sleep(3_600_000)
    else yield* gather([1, 2].map(() => executorOf(url, queue).submit(grow, url, queue, log, depth - 1)))
  } finally {
    appendFileSync(log, `over ${process.pid}\n`)
  }
}

/** Has `spin` run elsewhere, under each name. */
export function* delegate(url: string, queue: string, log: string, names: readonly string[]): Coroutine<unknown> {
  const executor = executorOf(url, queue)
  return yield* gather(names.map((name) => executor.submit(spin, log, name)))
}

/** How many ms a call that this one makes has. */
export function* delegateDeadline(url: string, queue: string): Coroutine<number> {
  return yield* executorOf(url, queue).submit(deadline)
}

export function deadline(): number {
  return (running()?.deadline ?? Number.NaN) - Date.now()
}

export function* nestedThrow(url: string, queue: string): Coroutine<unknown> {
  return yield* executorOf(url, queue).submit(throwSlowly)
}

export function* throwSlowly(): Coroutine<never> {
  yield* sleep(1)
  throw new RangeError('slowly')
}

/** Leaves a rejection behind that nobody handles, and waits. */
export function* stray(log: string): Coroutine<void> {
  appendFileSync(log, 'stray begun\n')
  yield* sleep(1)
  void Promise.reject(new RangeError('nobody handles this'))
  yield* sleep(3_600_000)
}
