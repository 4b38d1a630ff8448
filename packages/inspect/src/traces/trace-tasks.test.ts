import { SpanStatusCode } from '@opentelemetry/api'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { type Coroutine, createTask, gather, newEventLoop, runSync, sleep, timeout } from 'spindle'
import { VirtualClock } from 'spindle/more'
import { describe, expect, it } from 'vitest'
import { traceTasks } from './trace-tasks.ts'

function spansOf(program: () => Coroutine<unknown>) {
  const exporter = new InMemorySpanExporter()
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] })
  const loop = newEventLoop({ clock: new VirtualClock() })
  using _ = traceTasks(loop, { tracer: provider.getTracer('test') })
  runSync(program(), { loopFactory: () => loop })
  return exporter.getFinishedSpans()
}

const milliseconds = ([seconds, nanoseconds]: readonly [number, number]): number => seconds * 1000 + nanoseconds / 1e6

describe('traceTasks', () => {
  it('creates a span for each Task, with its parent, times, cancellations and errors', () => {
    function* fails(): Coroutine<void> {
      yield* sleep(5)
      throw new TypeError('no such host')
    }
    const spans = spansOf(function* main() {
      const slow = createTask(sleep(100), { name: 'slow' })
      const failing = createTask(fails())
      yield* sleep(10)
      slow.cancel('too slow')
      yield* gather([slow, failing], { returnExceptions: true })
      yield* gather([timeout(5, () => sleep(50))], { returnExceptions: true })
    })
    const byName = new Map(spans.map((span) => [span.name, span]))
    const [main, slow, failing, limited] = ['main', 'slow', 'fails', 'timeout'].map((name) => byName.get(name)!)
    const start = milliseconds(main!.startTime)
    expect(spans).toHaveLength(4)
    for (const span of [slow!, failing!, limited!]) {
      expect(span.parentSpanContext?.spanId).toBe(main!.spanContext().spanId)
    }
    const lasted = (span: typeof main): number => Math.round(milliseconds(span!.endTime) - start)
    expect([main, slow, failing, limited].map(lasted)).toEqual([15, 10, 5, 15])
    expect(slow!.attributes).toMatchObject({ 'spindle.cancelled': true, 'spindle.task': 'slow' })
    expect(slow!.events).toMatchObject([
      { name: 'cancel requested', attributes: { 'spindle.canceller': 'Task-1', 'spindle.message': 'too slow' } },
    ])
    expect(failing!.status).toEqual({ code: SpanStatusCode.ERROR, message: 'no such host' })
    expect(failing!.events[0]?.attributes?.['exception.type']).toBe('TypeError')
    expect(limited!.events.map(({ name }) => name)).toEqual(['cancel requested', 'cancel taken back', 'exception'])
    expect(limited!.events[0]?.attributes?.['spindle.canceller']).toBe('timeout()')
    expect(main!.status.code).toBe(SpanStatusCode.UNSET)
  })

  it('ends with its result', () => {
    const loop = newEventLoop()
    traceTasks(loop)[Symbol.dispose]()
    expect(loop.events.eventNames()).toEqual([])
    loop.close()
  })
})
