import { type Coroutine, DeadlockError, getRunningLoop } from '@spindle/loop'
import { createTask, currentTask, ensureFuture, sleep } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { inVirtualTime } from './in-virtual-time.ts'

describe('inVirtualTime()', () => {
  it('runs the coroutine function in a Task, and an hour takes no time', async () => {
    const log: unknown[] = []
    await inVirtualTime(function* () {
      const start = getRunningLoop().time()
      yield* sleep(3_600_000)
      log.push(getRunningLoop().time() - start, currentTask() !== undefined)
    })()
    expect(log).toEqual([3_600_000, true])
  })

  it('passes arguments on', async () => {
    const log: unknown[] = []
    const test = inVirtualTime(function* (a: number, b: string) {
      log.push(a, b)
    })
    await test(1, 'b')
    expect(log).toEqual([1, 'b'])
  })

  it('fails with what the test throws', async () => {
    const error = new TypeError('failed')
    const test = inVirtualTime(function* () {
      yield* sleep(1)
      throw error
    })
    await expect(test()).rejects.toBe(error)
  })

  it('ends a test that would hang with a DeadlockError', async () => {
    const test = inVirtualTime(function* () {
      yield* getRunningLoop().createFuture()
    })
    await expect(test()).rejects.toBeInstanceOf(DeadlockError)
  })

  it('fails when something is reported to the exception handler, unless the test has set its own', async () => {
    function* failing(): Coroutine<void> {
      throw new TypeError('nobody asks')
    }
    const careless = inVirtualTime(function* () {
      createTask(failing())
      yield* sleep(1)
    })
    await expect(careless()).rejects.toThrow('reported to the exception handler: Task exception was never retrieved')
    await expect(careless()).rejects.toMatchObject({ cause: new TypeError('nobody asks') })
    const reports: string[] = []
    await inVirtualTime(function* () {
      getRunningLoop().setExceptionHandler((_loop, context) => reports.push(context.message))
      createTask(failing())
      yield* sleep(1)
    })()
    expect(reports).toEqual(['Task exception was never retrieved'])
  })

  it('cancels what the test leaves running', async () => {
    const log: string[] = []
    function* left(): Coroutine<void> {
      try {
        yield* sleep(1e9)
      } finally {
        log.push('cleaned up')
      }
    }
    await inVirtualTime(function* () {
      createTask(left())
      yield* sleep(0)
    })()
    expect(log).toEqual(['cleaned up'])
  })

  it('lets promises settle before time jumps', async () => {
    const log: string[] = []
    await inVirtualTime(function* () {
      const settled = createTask(
        (function* waiting(): Coroutine<void> {
          log.push(yield* ensureFuture(Promise.resolve('settled')))
        })(),
      )
      yield* sleep(100)
      log.push('slept')
      yield* settled
    })()
    expect(log).toEqual(['settled', 'slept'])
  })
})
