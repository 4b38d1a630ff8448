// Functions that the tests of executors have called elsewhere.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { workerData } from 'node:worker_threads'
import { type Coroutine, RuntimeError } from '@spindle/loop'
import { coroutine, sleep as taskSleep } from '@spindle/task'
import {
  currentThread,
  Event,
  ProcessPoolExecutor,
  reportProgress,
  sleep,
  stopRequested,
  stopSignal,
  ThreadPoolExecutor,
} from '../index.ts'
import { multiply, pid } from './plain-calls.fixture.ts'

export * from './plain-calls.fixture.ts'

export function sleepFor(ms: number): number {
  sleep(ms)
  return ms
}

export function failsAfter(ms: number): never {
  sleep(ms)
  throw new RangeError(`after ${ms} ms`)
}

/** A process pool on whatever thread this is called. */
export function pidFromPool(): number {
  const executor = new ProcessPoolExecutor(1)
  try {
    return executor.submit(pid).result()
  } finally {
    executor.shutdown()
  }
}

let isFinalized = false
const registry = new FinalizationRegistry(() => {
  isFinalized = true
})

/** Leaves an object behind. Returns whether the thread has let go of one of an earlier call. */
export function leaveObject(_argument?: object): boolean {
  registry.register({}, undefined)
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  return isFinalized
}

export function* plainCoroutine(ms: number): Coroutine<string> {
  return yield* taskSleep(ms, 'plain')
}

export const wrapped = coroutine(function* wrapped(ms: number): Coroutine<string> {
  return yield* taskSleep(ms, 'wrapped')
})

export function makeEvent(): Event {
  return new Event()
}

export function threadName(): string {
  return currentThread().name
}

export function waitFor(event: Event): void {
  event.wait()
}

export function giveAfter<T>(event: Event, value: T): T {
  event.wait()
  return value
}

export function setAfter(ms: number, event: Event, begun?: Event): void {
  begun?.set()
  sleep(ms)
  event.set()
}

export function count(counter: Int32Array): void {
  Atomics.add(counter, 0, 1)
}

/** Returns at once, and leaves behind what keeps the thread forever. */
export function leaveLoop(begun: Event): void {
  setImmediate(() => {
    begun.set()
    for (;;);
  })
}

/** Says that it runs, and waits until it may end. */
export function meet(begun: Event, go: Event): string {
  begun.set()
  go.wait()
  return currentThread().name
}

export class OwnError extends Error {
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

export function fails(kind: string): never {
  if (kind === 'own') throw new OwnError('mine', 7)
  if (kind === 'runtime') throw new RuntimeError('ours')
  if (kind === 'group') throw new AggregateError([new TypeError('one'), 'two'], 'many')
  if (kind === 'named') throw Object.assign(new Error('named'), { name: 'StrangeError', syscall: 'open' })
  if (kind === 'undefined') throw undefined
  if (kind === 'function') throw () => kind
  throw new Error('outer', { cause: new RangeError('inner', { cause: { plain: true } }) })
}

export function isSet(event: Event): boolean {
  return event instanceof Event && event.isSet()
}

/** Computes until it is asked to stop. */
export function untilStopped(begun: Event): string {
  begun.set()
  while (!stopRequested()) sleep(1)
  return 'stopped'
}

export async function untilAborted(begun?: Event): Promise<string> {
  const signal = stopSignal()
  begun?.set()
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  return `aborted: ${signal.aborted} ${stopRequested()}`
}

export function neverStops(begun: Event): void {
  begun.set()
  for (;;);
}

/** A pool in a worker of a pool. */
export function squares(numbers: readonly number[]): number[] {
  const executor = new ThreadPoolExecutor(1)
  try {
    return [...executor.map(multiply, numbers, numbers)]
  } finally {
    executor.shutdown()
  }
}

/** Leaves a timer behind, which continues while the thread is idle. */
export function leaveTimer(event: Event): void {
  setTimeout(() => event.set(), 20)
}

/** Ends its thread when that is idle and `go` is set, and tells so by `gone`. */
export function leaveExit(go: Event, gone: Int32Array): void {
  process.once('exit', () => {
    Atomics.store(gone, 0, 1)
    Atomics.notify(gone, 0)
  })
  setInterval(() => go.isSet() && process.exit(3), 1)
}

export function closure(value: number): () => number {
  return () => value
}

export function notExported(): () => number {
  return hidden
}
function hidden(): number {
  return 1
}

export function countsProgress(steps: number): string {
  for (let step = 1; step <= steps; step++) reportProgress({ step })
  return 'done'
}

/** Yields numbers forever; tells how many it has made, and whether it was ended in order. */
export function* numbers(made: Int32Array, ended: Event): Generator<number> {
  try {
    for (let n = 0; ; n++) {
      Atomics.store(made, 0, n + 1)
      yield n
    }
  } finally {
    ended.set()
  }
}

/** Says which of several calls this is, when it is asked to stop. */
export async function waitsForStop(name: string, begun?: Event): Promise<string> {
  const signal = stopSignal()
  begun?.set()
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve))
  return `${name}: ${stopRequested()}`
}

export function takeNumber(counter: Int32Array): number {
  return Atomics.add(counter, 0, 1) + 1
}

/** Computes until it is asked to stop, and never waits for anything. */
export function computesUntilStopped(): string {
  while (!stopRequested());
  return 'stopped'
}

/** The environment of a call. */
export function surroundings(variable: string): Record<string, unknown> {
  return { variable: process.env[variable], argv: process.argv.slice(2), workerData, cwd: process.cwd() }
}
