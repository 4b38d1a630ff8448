// OpenTelemetry as a program and its workers set it up, and the options of `--config`: spans are written to the file
// in SPANS.

import { appendFileSync } from 'node:fs'
import { context, propagation, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { BasicTracerProvider, SimpleSpanProcessor, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import { BullMQOtel } from 'bullmq-otel'

/** A line of the file. */
export interface WrittenSpan {
  readonly name: string
  readonly call?: string
  readonly traceId: string
  readonly spanId: string
  readonly parent?: string
  readonly errors: readonly string[]
  readonly pid: number
}

export function traceTo(file: string): BullMQOtel {
  const exporter: SpanExporter = {
    export(spans, done) {
      for (const span of spans) {
        const { name, attributes, parentSpanContext, events } = span
        const { traceId, spanId } = span.spanContext()
        const errors = events.map((event) => event.attributes?.['exception.message'])
        const parent = parentSpanContext?.spanId
        const call = attributes['bullmq.job.name']
        appendFileSync(file, `${JSON.stringify({ name, call, traceId, spanId, parent, errors, pid: process.pid })}\n`)
      }
      done({ code: 0 })
    },
    shutdown: async () => {},
  }
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }))
  return new BullMQOtel({ tracerName: 'spindle' })
}

const { SPANS } = process.env as { SPANS?: string }
const telemetry: BullMQOtel | undefined = SPANS === undefined ? undefined : traceTo(SPANS)
Reflect.set(globalThis, 'telemetryOfTests', telemetry)

const options: { readonly telemetry: BullMQOtel | undefined } = { telemetry }
export default options
