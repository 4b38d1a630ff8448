// Spans of calls, through BullMQ's interface: `bullmq-otel` makes them with OpenTelemetry. They are made on the threads
// of the program and of the worker, where its own spans are.

/** A `Telemetry` of BullMQ. */
export interface Telemetry {
  readonly tracer: { startSpan(name: string, options?: { kind: number }, context?: unknown): TelemetrySpan }
  readonly contextManager: {
    with<F extends (...args: never[]) => unknown>(context: unknown, fn: F): ReturnType<F>
    active(): unknown
    getMetadata(context: unknown): string
    fromMetadata(active: unknown, metadata: string): unknown
  }
}

/** A `Span` of BullMQ. */
export interface TelemetrySpan {
  setSpanOnContext(context: unknown): unknown
  setAttributes(attributes: Record<string, string | number>): void
  recordException(exception: { name: string; message: string }): void
  end(): void
}

const PRODUCER = 3
const CONSUMER = 4

/** Makes the span of a submission. Returns a text that makes the span of the run its child. */
export function traceSubmission(telemetry: Telemetry, queue: string, name: string): string {
  const { tracer, contextManager } = telemetry
  const active = contextManager.active()
  const span = tracer.startSpan(`add ${queue}`, { kind: PRODUCER }, active)
  span.setAttributes({ 'bullmq.queue.name': queue, 'bullmq.job.name': name })
  span.end()
  return contextManager.getMetadata(span.setSpanOnContext(active))
}

/** Runs `fn` in the span of a run. Returns what ends it. */
export function traceRun(
  { tracer, contextManager }: Telemetry,
  call: { readonly queue: string; readonly name: string; readonly id: string; readonly trace: string | undefined },
  fn: () => void,
): (error?: unknown) => void {
  const active = contextManager.active()
  const parent = call.trace === undefined ? active : contextManager.fromMetadata(active, call.trace)
  const span = tracer.startSpan(`process ${call.queue}`, { kind: CONSUMER }, parent)
  span.setAttributes({ 'bullmq.queue.name': call.queue, 'bullmq.job.name': call.name, 'bullmq.job.id': call.id })
  contextManager.with(span.setSpanOnContext(parent), fn)
  return (error) => {
    if (error !== undefined) span.recordException(error instanceof Error ? error : new Error(String(error)))
    span.end()
  }
}
