import { context, type Span, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import type { EventLoop } from 'spindle'
import { checkOptions, explain } from 'spindle/internal'
import { Listeners } from '../recorder/listeners.ts'

/** Options of `traceTasks()`. */
export interface TraceTasksOptions {
  /** The tracer that creates the spans. By default the global provider's, with the name `spindle`. */
  readonly tracer?: Tracer
}

/**
 * Creates an OpenTelemetry span for each Task that the loop creates from now on, until the result is disposed of. The
 * span of a Task created by another Task is a child of that Task's span; other spans are children of the span that is
 * active when the Task is created. Cancellation requests are events of the span. A Task that fails has the status
 * `ERROR` and its exception; a cancelled Task has the attribute `spindle.cancelled`.
 *
 * Spans of Tasks that are still running when it is disposed of are left open, and so are not exported.
 */
export function traceTasks(loop: EventLoop, options: TraceTasksOptions = {}): Disposable {
  checkOptions('traceTasks()', options, ['tracer'])
  const { tracer = trace.getTracer('spindle') } = options
  explain()
  const spans = new WeakMap<object, Span>()
  // The loop's clock has an arbitrary origin; spans count from 1970.
  const epoch = Date.now() - loop.time()
  const listeners = new Listeners()
  listeners.add(loop, 'task:created', ({ task, parent, name, coroutine, time }) => {
    const above = parent && spans.get(parent)
    const parentContext = above === undefined ? context.active() : trace.setSpan(context.active(), above)
    const isChosen = !/^Task-\d+$/.test(name)
    const attributes = { 'spindle.task': name, 'spindle.coroutine': coroutine }
    const title = isChosen || coroutine === '' ? name : coroutine
    spans.set(task, tracer.startSpan(title, { startTime: epoch + time, attributes }, parentContext))
  })
  listeners.add(loop, 'task:cancelling', ({ task, via, canceller = '', message = '', deadline, time }) => {
    const attributes = {
      'spindle.canceller': canceller,
      'spindle.message': message,
      'spindle.via': via?.getName() ?? '',
      ...(deadline !== undefined && { 'spindle.deadline': new Date(epoch + deadline).toISOString() }),
    }
    spans.get(task)?.addEvent('cancel requested', attributes, epoch + time)
  })
  listeners.add(loop, 'task:uncancelled', ({ task, time }) => {
    spans.get(task)?.addEvent('cancel taken back', epoch + time)
  })
  listeners.add(loop, 'task:cancel-swallowed', ({ task, time }) => {
    spans.get(task)?.addEvent('cancel swallowed', epoch + time)
  })
  listeners.add(loop, 'task:done', ({ task, outcome, time }) => {
    const span = spans.get(task)
    if (span === undefined) return
    spans.delete(task)
    if (outcome === 'cancelled') span.setAttribute('spindle.cancelled', true)
    if (outcome === 'threw') {
      const thrown = task.peekException() // it is still not marked as retrieved
      const exception = thrown instanceof Error ? thrown : String(thrown)
      span.recordException(exception, epoch + time)
      span.setStatus({ code: SpanStatusCode.ERROR, message: thrown instanceof Error ? thrown.message : String(thrown) })
    }
    span.end(epoch + time)
  })
  return { [Symbol.dispose]: () => listeners.removeAll() }
}
