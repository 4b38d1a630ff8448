import type { Awaitable, Coroutine } from '@spindle/loop'
import { repr } from '@spindle/loop/internal'
import { awaitOwn, coroutine, createTask, type Task } from '@spindle/task'
import { checkKeepsStores } from './with-store.ts'

/** The part of a span of OpenTelemetry that is used here. */
export interface SpanLike {
  recordException(error: Error): void
  setStatus(status: { readonly code: number; readonly message?: string }): unknown
  end(): void
}

/** The part of a tracer of OpenTelemetry that is used here. */
export interface TracerLike<S extends SpanLike> {
  startActiveSpan<R>(name: string, fn: (span: S) => R): R
}

const ERROR = 2 // SpanStatusCode.ERROR of @opentelemetry/api

/**
 * Runs a block as an active span of a tracer of OpenTelemetry, and returns its result. Spans that the block starts are
 * its children. The span ends with the block, and records the error of the block; a cancellation is recorded as its
 * error, too. The block runs in a separate Task, which is cancelled with the caller. An addition to asyncio.
 * @param tracer of `@opentelemetry/api`
 * @param name of the span
 * @param block receives the span, which ends with it
 * @throws TypeError if there is no tracer or no block; RuntimeError as `withStore` does; the error of the block
 *
 * @example
 * ```ts
 * const span = { recordException() {}, setStatus() {}, end: () => console.log('checkout ended') }
 * const tracer = { startActiveSpan: <R>(_name: string, fn: (active: typeof span) => R) => fn(span) }
 * console.log(await run(withSpan(tracer, 'checkout', () => sleep(1, 'paid'))))
 * // prints: checkout ended
 * // prints: paid
 * ```
 */
export function withSpan<T, S extends SpanLike>(
  tracer: TracerLike<S>,
  name: string,
  block: (span: S) => Awaitable<T>,
): Coroutine<T> {
  if (typeof (tracer as Partial<TracerLike<S>> | undefined)?.startActiveSpan !== 'function') {
    throw new TypeError(`withSpan() takes a tracer of OpenTelemetry, got ${repr(tracer)}`)
  }
  if (typeof block !== 'function') throw new TypeError(`withSpan() takes a function, got ${repr(block)}`)
  return blockInSpan(tracer, name, block)
}

const blockInSpan = coroutine(function* withSpan<T, S extends SpanLike>(
  tracer: TracerLike<S>,
  name: string,
  block: (span: S) => Awaitable<T>,
): Coroutine<T> {
  checkKeepsStores('withSpan()')
  // A tracer makes a span active for a function: a Task that is created there keeps it.
  const task: Task<T> = tracer.startActiveSpan(name, (span) => createTask(inSpan(span, block), { name }))
  return yield* awaitOwn(task)
})

function* inSpan<T, S extends SpanLike>(span: S, block: (span: S) => Awaitable<T>): Coroutine<T> {
  try {
    return yield* block(span)
  } catch (error) {
    span.recordException(error as Error) // tracers take whatever was thrown
    span.setStatus({ code: ERROR, message: String(error) })
    throw error
  } finally {
    span.end()
  }
}
