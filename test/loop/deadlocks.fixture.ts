// Programs that deadlock, one after the other. Prints a line of JSON for each: its name, and what came of it.

import { Worker } from 'node:worker_threads'
import {
  type Coroutine,
  call,
  createTask,
  DeadlockError,
  Event,
  ensureFuture,
  getRunningLoop,
  newEventLoop,
  run,
  sleep,
} from 'spindle'
import { VirtualClock } from 'spindle/more'

function* stuck(): Coroutine<void> {
  yield* getRunningLoop().createFuture()
}

const nameOf = (error: unknown): string => (error as Error).name

const programs: Record<string, () => Promise<unknown>> = {
  /** Two runs inside a third one. The innermost is deadlocked, and only that one receives the error. */
  async 'the innermost'() {
    function* innermost(): Coroutine<void> {
      yield* new Event().wait()
    }
    function* middle(): Coroutine<string> {
      try {
        yield* call((signal) => run(innermost(), { signal }))
        return 'it ended'
      } catch (error) {
        yield* sleep(1)
        return error instanceof DeadlockError ? 'the innermost is stuck' : `${error}`
      }
    }
    function* main(): Coroutine<string> {
      return yield* call((signal) => run(middle(), { signal }))
    }
    return run(main())
  },

  async 'each that is stuck'() {
    const log: string[] = []
    const note = (name: string) => (outcome: unknown) => void log.push(`${name} ${nameOf(outcome) ?? outcome}`)
    await Promise.all([
      run(stuck()).catch(note('one')),
      run(sleep(50, 'slept')).then(note('two')),
      run(stuck()).catch(note('three')),
    ])
    return log
  },

  async 'after a cancelled timer'() {
    function* main(): Coroutine<void> {
      const task = createTask(sleep(3_600_000))
      yield* sleep(1)
      task.cancel()
      try {
        yield* task
      } catch {
        // It was cancelled.
      }
      yield* stuck()
    }
    return run(main()).catch(nameOf)
  },

  async "an unref'd timer and a listener for Ctrl-C"() {
    const timer = setTimeout(() => {}, 120_000).unref()
    const listener = (): void => {}
    process.on('SIGINT', listener)
    const outcome = await run(stuck()).catch(nameOf)
    process.off('SIGINT', listener)
    clearTimeout(timer)
    return outcome
  },

  async 'in a worker thread'() {
    const program = `import(${JSON.stringify(import.meta.resolve('spindle'))}).then(({ getRunningLoop, run }) => {
      function* main() { yield* getRunningLoop().createFuture() }
      return run(main()).catch((error) => require('node:worker_threads').parentPort.postMessage(error.name))
    })`
    const worker = new Worker(program, { eval: true })
    const log: unknown[] = []
    worker.on('message', (message) => log.push(message)).on('error', (error) => log.push(String(error)))
    await new Promise((resolve) => worker.on('exit', (code) => resolve(log.push(`exit ${code}`))))
    return log
  },

  async 'in virtual time'() {
    function* main(): Coroutine<void> {
      yield* ensureFuture(new Promise<void>(() => {}))
    }
    const loopFactory = () => newEventLoop({ clock: new VirtualClock() })
    return run(main(), { loopFactory }).catch((error) => error instanceof DeadlockError)
  },

  async 'listeners left'() {
    const listeners = (): number => process.listenerCount('beforeExit') + process.listenerCount('SIGINT')
    const before = listeners()
    await Promise.allSettled([run(stuck()), run(stuck())])
    return listeners() - before
  },
}

for (const [name, program] of Object.entries(programs)) console.log(JSON.stringify([name, await program()]))
