import { type Coroutine, call, RuntimeError, shield } from 'spindle'
import { watchGlobals } from 'spindle/internal/thread'
import { Functions, WHY_MISSING } from './functions.ts'
import { type HealthServer, serveHealth } from './worker-health.ts'
import { WorkerHost } from './worker-host.ts'
import { checkedWorkerOptions, type WorkerOptions } from './worker-options.ts'

/**
 * Runs calls of a queue until `signal` aborts: coroutines as Tasks of the current loop, `async` functions on the event
 * loop, plain functions on threads. When the signal aborts, it takes no new calls, gives running calls `graceTime` ms,
 * cancels the rest, lets them clean up and returns them to the queue. If the caller is cancelled, it does the same
 * without `graceTime`. `spindle-worker` is this function as a program. Celery: `worker`.
 *
 * @param options `modules` with the functions, the `queue`, and `concurrency`: 8 calls at a time by default
 * @throws TypeError or RangeError for invalid options; RuntimeError if a module can't be loaded, if two functions have
 * the same name, if there is no function, or if a call has broken the process; ConnectionError if there is no Redis
 * server
 *
 * @example
 * ```ts no-run
 * import { run } from 'spindle'
 * import { runWorker } from 'spindle/distributed'
 *
 * await run(runWorker({ modules: ['./jobs.ts'], concurrency: 16 }))
 * ```
 */
export function* runWorker(options: WorkerOptions): Coroutine<void> {
  const checked = checkedWorkerOptions(options)
  const functions = new Functions(checked.only)
  watchGlobals()
  for (const module of checked.modules) yield* call(() => functions.load(module))
  if (functions.names.length === 0)
    throw new RuntimeError(
      `there is no exported function in ${checked.modules.join(', ')} that matches ${checked.only.join(' or ')}: ` +
        `nothing could be run${WHY_MISSING}`,
    )
  const host = new WorkerHost(checked, functions)
  let server: HealthServer | undefined
  const stop = (): void => host.stop()
  try {
    const { health } = checked
    if (health !== undefined) server = yield* call(() => serveHealth(health, () => host.health()))
    yield* call(() => host.open(), { abandonOnCancel: true })
    checked.signal?.addEventListener('abort', stop)
    if (checked.signal?.aborted === true) stop()
    checked.onEvent({ event: 'ready', functions: functions.names })
    yield* shield(host.idle) // stopped, and all calls have ended
    if (host.broken !== undefined) throw new RuntimeError(`this process can't run calls any more: ${host.broken}`)
  } finally {
    checked.signal?.removeEventListener('abort', stop)
    server?.close()
    try {
      yield* host.close()
    } finally {
      checked.onEvent({ event: 'stopped' })
    }
  }
}
