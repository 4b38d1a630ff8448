import {
  type Coroutine,
  createTask,
  currentTask,
  DeadlockError,
  ensureFuture,
  getRunningLoop,
  moveOnAfter,
  run,
  sleep,
  timeout,
} from 'spindle'
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

  it('fails with the error of the test', async () => {
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

  it('ends a test that waits for a timer that never fires with a DeadlockError, also if it calls run()', async () => {
    function* never(): Coroutine<void> {
      createTask(sleep(10))
      yield* sleep(Number.POSITIVE_INFINITY)
    }
    await expect(inVirtualTime(never)()).rejects.toThrow(/^one task waits, .*\n.*never\(\)/)
    const outer = inVirtualTime(function* () {
      yield* ensureFuture(run(never()))
    })
    await expect(outer()).rejects.toBeInstanceOf(DeadlockError)
  })

  it.each([undefined, 5, sleep(1)])('takes a coroutine function, not %s', (test) => {
    expect(() => inVirtualTime(test as never)).toThrow(/^inVirtualTime\(\) expected a coroutine function, got /)
  })

  it('fails when something is left behind, with the line, if asked to look', async () => {
    function* program(): Coroutine<void> {
      createTask(sleep(1_000), { name: 'left' })
      yield* sleep(1)
    }
    await inVirtualTime(program)()
    await expect(inVirtualTime(program, { allow: {} })()).rejects.toThrow(
      /^the test has left something behind:\n {2}<Task pending name='left' .*created at .*in-virtual-time\.test\.ts:\d+/,
    )
    await inVirtualTime(program, { allow: { tasks: 'the server keeps running' } })()
    expect(() => inVirtualTime(program, { allow: { tasks: '' } })).toThrow(
      new TypeError("allow.tasks must be the reason why the test may leave tasks behind, got ''"),
    )
    expect(() => inVirtualTime(program, { allow: null as never })).toThrow('allow must be an object')
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

  it('cancels the Tasks that the test leaves running', async () => {
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

describe('A promise, in virtual time', () => {
  it('takes no time, so that a limit expires: the error says that time was virtual, and names the awaitable', async () => {
    function* unanswered(): Coroutine<unknown> {
      return yield* ensureFuture(new Promise(() => {}))
    }
    const error = (await inVirtualTime(() => timeout(1_000, unanswered))().catch((thrown: unknown) => thrown)) as Error
    expect(error.message).toMatch(/^1000 ms of virtual time passed in timeout\(\)/)
    expect(error.message).toMatch(
      /Virtual time jumped from 0 to 1000 ms while something real was awaited, which takes none:\n {2}Task-1 awaits a promise\n.*\{ realTime: true \} of `it`, or run\(\)$/,
    )
    const named = inVirtualTime(function* limit() {
      yield* timeout(1_000, unanswered)
    })
    await expect(named()).rejects.toThrow(/\n {2}Task-1 at \S+:\d+ \(limit\) awaits a promise\n/)
    expect(error.stack).toContain('while something real was awaited')
  })

  it('is not named where nothing real was awaited, or the test has passed', async () => {
    const late = inVirtualTime(() => timeout(10, () => sleep(20)))
    await expect(late()).rejects.toThrow(/^10 ms of virtual time passed in timeout\(\)[^\n]*$/)
    await inVirtualTime(() => moveOnAfter(1, () => ensureFuture(new Promise(() => {}))))()
  })
})
