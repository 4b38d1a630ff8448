// Tests which exceptions are reported when their Futures and Tasks are collected. Run with --expose-gc.

import { type Coroutine, createTask, type ExceptionContext, type Future, newEventLoop, run, sleep } from 'spindle'

declare const gc: () => void

const loop = newEventLoop()
const reports: string[] = []
const report = (_loop: unknown, { message, exception, future }: ExceptionContext): void =>
  void reports.push(`${message}: ${exception}, ${future}`.replaceAll(/ at \S+?:\d+/g, ''))
loop.setExceptionHandler(report)

/** Waits until the collector has run and called its finalizers. */
async function collect(): Promise<void> {
  for (let n = 0; n < 5; n++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

function flush(what: string): void {
  console.log(`${what}: ${JSON.stringify(reports.splice(0))}`)
}

function fail(name: string): Future<never> {
  const future = loop.createFuture<never>()
  future.setException(new Error(name))
  return future
}

fail('dropped')
const kept = fail('kept')
fail('asked for').exception()
const other = loop.createFuture<unknown>()
other.setException('a text')
await collect()
flush('collected')
await collect()
flush('collected again')
loop.close()
flush('closed')
await collect()
flush('collected after that')
console.log(kept.done(), other.done())

// A Task whose result is never retrieved.
let isBroken = false
function* broken(): Coroutine<void> {
  yield* sleep(1)
  isBroken = true
  throw new Error('of a Task')
}
function* main(): Coroutine<void> {
  createTask(broken(), { name: 'broken' })
  while (!isBroken) yield* sleep(1)
}
await run(main(), {
  loopFactory: () => {
    const made = newEventLoop()
    made.setExceptionHandler(report)
    return made
  },
})
flush('a Task, at the end of run()')

// Nothing holds a finished loop, its Futures and its Tasks.
let loops = 0
const registry = new FinalizationRegistry<string>(() => loops++)
async function use(): Promise<void> {
  for (let n = 0; n < 20; n++) {
    const made = newEventLoop()
    registry.register(made, 'loop')
    await made.runUntilComplete(sleep(0))
    made.callLater(3_600_000, () => {})
    made.close()
  }
}
await use()
await collect()
console.log(`loops collected: ${loops >= 19}`)
