import {
  CancelledError,
  type Coroutine,
  createTask,
  DeadlockError,
  type Future,
  gather,
  getRunningLoop,
  sleep,
  Task,
} from 'spindle'
import { describe, expect, it } from 'vitest'
import { type CancelledRun, cancelEverywhere } from './cancel-everywhere.ts'

describe('cancelEverywhere', () => {
  it('cancels before the first step, while waiting, and between waking and continuing', async () => {
    const log: string[] = []
    const points = await cancelEverywhere(
      function* program() {
        const { time, say } = clock(log)
        say(`start ${time()}`)
        try {
          yield* sleep(100)
          say(`woken ${time()}`)
          yield* sleep(0)
          say('end')
        } catch (error) {
          say(`cancelled ${time()} ${(error as Error).message}`)
          throw error
        }
      },
      ({ point, task }) => log.push(`= ${point} ${task.cancelled() ? 'cancelled' : 'returned'}`),
    )
    expect(log).toEqual([
      '= 1 cancelled',
      ...['start 0', 'cancelled 0 at point 2', '= 2 cancelled'],
      ...['start 0', 'cancelled 100 at point 3', '= 3 cancelled'],
      ...['start 0', 'woken 100', 'cancelled 100 at point 4', '= 4 cancelled'],
      ...['start 0', 'woken 100', 'end', '= undefined returned'],
    ])
    expect(points).toBe(4)
  })

  it('cancels between the steps of other Tasks, too', async () => {
    const seen: string[] = []
    const points = await cancelEverywhere(
      function* program() {
        const steps: string[] = []
        function* other(): Coroutine<void> {
          for (const step of ['a', 'b', 'c']) {
            steps.push(step)
            yield* sleep(0)
          }
        }
        try {
          yield* createTask(other())
        } finally {
          seen.push(steps.join(''))
        }
      },
      () => {},
    )
    // before it starts · both wait · a, b, c ran · the other ended · and was noticed · then it is over
    expect([points, seen]).toEqual([6, ['', 'a', 'ab', 'abc', 'abc', 'abc']])
  })

  it('passes the result to the check, which may wait, while the Tasks left behind are still running', async () => {
    const log: unknown[] = []
    const points = await cancelEverywhere(
      function* program() {
        const left = createTask(sleep(50, 'left'), { name: 'left' })
        yield* sleep(0)
        return left
      },
      function* check(run: CancelledRun<Task<string>>): Coroutine<void> {
        if (run.point === undefined) log.push(yield* run.task.result())
      },
    )
    expect([points, log]).toEqual([3, ['left']])
  })

  it('awaits an async check', async () => {
    const failing = cancelEverywhere(
      function* program() {},
      async () => {
        await Promise.resolve()
        throw new Error('checked')
      },
    )
    await expect(failing).rejects.toThrow('cancelled at point 1: checked')
  })

  it('finds a lock that stays locked when a waiter is cancelled after it was picked', async () => {
    // What Lock.acquire() must do in its catch, left out: pass the turn on.
    let waiter: Future<void> | undefined
    const failing = cancelEverywhere(
      function* program() {
        waiter = getRunningLoop().createFuture<void>()
        getRunningLoop().callLater(10, () => waiter?.setResult())
        yield* waiter
        waiter = undefined // the turn is ours
      },
      () => expect(waiter === undefined || waiter.cancelled(), 'the turn is lost').toBe(true),
    )
    await expect(failing).rejects.toThrow('cancelled at point 3: the turn is lost')
  })

  it('fails when a cancellation makes the program hang, naming the point', async () => {
    const failing = cancelEverywhere(function* program() {
      const future = getRunningLoop().createFuture<void>()
      try {
        yield* sleep(10)
      } catch {
        yield* future // which nobody will ever set
      }
    })
    await expect(failing).rejects.toThrow(
      /^cancelled at point 2: one task waits, and nothing is left that could wake it:/,
    )
    await expect(failing).rejects.toMatchObject({ cause: expect.any(DeadlockError) })
  })

  it.each([undefined, 5, sleep(1)])('takes a coroutine function, not %s', async (program) => {
    await expect(cancelEverywhere(program as never)).rejects.toThrow(
      /^cancelEverywhere\(\) expected a coroutine function, got /,
    )
  })

  it('fails when the program throws and the check does not retrieve the exception', async () => {
    function* program(): Coroutine<void> {
      try {
        yield* sleep(10)
      } catch {
        throw new TypeError('in clean-up')
      }
    }
    await expect(cancelEverywhere(program)).rejects.toThrow(
      'cancelled at point 2: reported to the exception handler: Task exception was never retrieved',
    )
    const asked: unknown[] = []
    await cancelEverywhere(program, ({ task }) => {
      if (!task.cancelled()) asked.push(String(task.exception()))
    })
    expect(asked).toEqual(['TypeError: in clean-up', 'TypeError: in clean-up', 'undefined'])
  })

  it('counts a program that refuses to be cancelled up to where it ends', async () => {
    const ends: unknown[] = []
    const points = await cancelEverywhere(
      function* program() {
        const results: string[] = []
        for (const step of ['a', 'b']) {
          try {
            yield* sleep(0)
            results.push(step)
          } catch (error) {
            if (!(error instanceof CancelledError)) throw error
            results.push('refused')
          }
        }
        return results
      },
      ({ task }) => ends.push(task.cancelled() ? 'cancelled' : task.result()),
    )
    expect(points).toBe(3)
    expect(ends).toEqual(['cancelled', ['refused', 'b'], ['a', 'refused'], ['a', 'b']])
  })

  it('reaches the children of a gather', async () => {
    const cancelled: number[] = []
    const points = await cancelEverywhere(
      function* program() {
        let count = 0
        function* child(): Coroutine<void> {
          try {
            yield* sleep(10)
          } catch (error) {
            count++
            throw error
          }
        }
        try {
          yield* gather([child(), child()])
        } finally {
          cancelled.push(count)
        }
      },
      ({ task }) => expect(task).toBeInstanceOf(Task),
    )
    // no child started · one · both · both woken, one by one · one ended · both · both told of, one by one · not
    // cancelled
    expect([points, cancelled]).toEqual([10, [0, 1, 2, 2, 2, 1, 0, 0, 0, 0]])
  })

  it('passes the result of setup to program and check, a new one for each run', async () => {
    const seen: string[] = []
    const points = await cancelEverywhere(
      function* program(log: string[]): Coroutine<void> {
        log.push('began')
        yield* sleep(1)
        log.push('ended')
      },
      ({ given, point }) => seen.push(`${point}: ${given}`),
      {
        *setup() {
          yield* sleep(1)
          return ['made']
        },
      },
    )
    expect(seen).toEqual(['1: made', '2: made,began', '3: made,began', 'undefined: made,began,ended'])
    expect(points).toBe(3)
  })

  it('cancels each Task in turn, and names the Task and its line', async () => {
    const cancelled = new Set<string | undefined>()
    function* program(): Coroutine<void> {
      const lock = new HastyLock()
      const tasks = ['w1', 'w2', 'w3'].map((name) => createTask(lock.use(), { name }))
      yield* gather(tasks, { returnExceptions: true })
    }
    expect(await cancelEverywhere(program)).toBe(16) // all workers are cancelled at once then
    const failing = cancelEverywhere(program, (run) => cancelled.add(run.cancelled), { tasks: 'each' })
    await expect(failing).rejects.toThrow(/^cancelled at point \d+ \(main\/w2\): 2 tasks wait/)
    await expect(failing).rejects.toThrow(/\nmain\/w2 was cancelled at .*cancel-everywhere\.test\.ts:\d+ \(use\)$/)
    expect([...cancelled]).toEqual([undefined, 'main', 'main/w1', 'main/w2'])
  })

  it('cancels twice, the second time while the Task cleans up', async () => {
    let open = false
    function* program(): Coroutine<void> {
      open = true
      try {
        yield* sleep(10)
      } catch (error) {
        yield* sleep(5)
        open = false
        throw error
      }
      open = false
    }
    const check = (): void => expect(open, 'open').toBe(false)
    await cancelEverywhere(program, check)
    await expect(cancelEverywhere(program, check, { times: 2 })).rejects.toThrow(
      /^cancelled at point 2 and again at point 3: open/,
    )
  })

  it('refuses options that it does not have', async () => {
    function* program(): Coroutine<void> {}
    await expect(cancelEverywhere(program, () => {}, { tasks: 'all' as never })).rejects.toThrow(
      "tasks must be 'main' or 'each', got 'all'",
    )
    await expect(cancelEverywhere(program, () => {}, { times: 3 as never })).rejects.toThrow(
      'times must be 1 or 2, got 3',
    )
    await expect(cancelEverywhere(program, () => {}, { task: 'each' } as never)).rejects.toThrow('has no option `task`')
  })
})

/** A lock whose waiter, when cancelled after it was woken, does not wake the next. */
class HastyLock {
  #locked = false
  readonly #waiters: Future<void>[] = [];

  *use(): Coroutine<void> {
    if (this.#locked) {
      const waiter = getRunningLoop().createFuture<void>()
      this.#waiters.push(waiter)
      yield* waiter
    }
    this.#locked = true
    try {
      yield* sleep(10)
    } finally {
      this.#locked = false
      for (let next = this.#waiters.shift(); next !== undefined; next = this.#waiters.shift()) {
        if (next.done()) continue
        next.setResult()
        break
      }
    }
  }
}

function clock(log: string[]): { time(): number; say(text: string): void } {
  const loop = getRunningLoop()
  const start = loop.time()
  return { time: () => loop.time() - start, say: (text) => log.push(text) }
}
