import { Session } from 'node:inspector'
import {
  type Coroutine,
  createTask,
  DeadlockError,
  type Future,
  gather,
  getRunningLoop,
  Lock,
  Queue,
  run,
  sleep,
  timeout,
  wait,
} from 'spindle'
import { hostClock } from 'spindle/internal'
import { describe, expect, it, vi } from 'vitest'
import { inVirtualTime } from '../in-virtual-time.ts'
import { duration } from '../schedule/entropy.ts'
import { explore, exploreProgram } from './explore.ts'
import type { Exploration, ExploreOptions } from './options.ts'
import { ExplorationError } from './program.ts'

/** A lock whose waiter, when cancelled after it was woken, does not wake the next. */
class BrokenLock {
  #locked = false
  readonly #waiters: Future<void>[] = []

  release(): void {
    this.#locked = false
    this.#waiters.find((waiter) => !waiter.done())?.setResult()
  }

  *acquire(): Coroutine<void> {
    if (this.#locked || this.#waiters.length > 0) {
      const waiter = getRunningLoop().createFuture<void>()
      this.#waiters.push(waiter)
      try {
        yield* waiter
      } finally {
        this.#waiters.splice(this.#waiters.indexOf(waiter), 1)
      }
    }
    this.#locked = true
  }
}

function* threeWorkers(): Coroutine<void> {
  const lock = new BrokenLock()
  function* worker(): Coroutine<void> {
    yield* lock.acquire()
    try {
      yield* sleep(10)
    } finally {
      lock.release()
    }
  }
  const tasks = ['w1', 'w2', 'w3'].map((name) => createTask(worker(), { name }))
  for (const task of tasks) yield* task
}

function* throwUndefined(): Coroutine<never> {
  throw undefined
}

async function failure<T>(
  program: () => Coroutine<T> | Promise<T>,
  options?: ExploreOptions<undefined, T>,
): Promise<ExplorationError> {
  const error: unknown = await explore(program, options).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(ExplorationError)
  return error as ExplorationError
}

describe('explore()', () => {
  it('finds a lost wake-up, and describes it in a sentence, a table and a text to replay', async () => {
    const error = await failure(threeWorkers)
    expect(error).toMatchObject({ kind: 'lost wake-up', replay: 'cancel main/w2 before #2' })
    expect(error.message).toMatch(
      /^`w3` waits forever, a lost wake-up\n {2}when `w2` is cancelled after it was woken, before its step 2\n\n/,
    )
    expect(error.message).toMatch(/\nms │ main +│ w1 +│ w2 +│ w3\n/)
    expect(error.message).toMatch(/\n10 │ +│ +│ cancel requested/)
    expect(error.message).toMatch(/`w2` waited at .*explore\.test\.ts:\d+ \(worker\)/)
    expect(error.message).toMatch(/\n\nawait explore\(\w+, \{ replay: 'cancel main\/w2 before #2' \}\)\n\n/)
  })

  it('lets the loop be late, so that timers that lie apart run in one iteration', async () => {
    function* program(): Coroutine<void> {
      yield* timeout(15, () => sleep(12)) // late by 3 ms, and it is over
    }
    const times = 'written'
    expect(await failure(program, { late: 10, times })).toMatchObject({
      kind: 'error',
      replay: expect.stringMatching(/^late [\d.]+ at 12$/),
    })
    await explore(program, { late: 2, times })
  })

  it('reports a Task that waits forever after it was cancelled, and passes the Tasks that are left to the check', async () => {
    function* program(): Coroutine<void> {
      try {
        yield* sleep(10)
      } catch {
        yield* getRunningLoop().createFuture() // which nothing ever sets
      }
    }
    const options = { cancel: 'main', times: 'written' } as const
    expect(await failure(program, options)).toMatchObject({ kind: 'deadlock', replay: 'cancel main before #2' })
    const check = ({ left }: { left: readonly string[] }): void => expect(left).toEqual([])
    function* leaving(): Coroutine<void> {
      createTask(sleep(5), { name: 'left' })
      yield* sleep(1)
    }
    expect((await failure(leaving, { check })).message).toContain("expected [ 'main/left' ] to deeply equal []")
  })

  it('cancels the main Task a second time, while it cleans up', async () => {
    const options = { cancel: 'main', times: 'written' } as const
    let isOpen = false
    function* open(): Coroutine<void> {
      isOpen = true
      try {
        yield* sleep(10)
      } catch (error) {
        yield* sleep(5)
        isOpen = false
        throw error
      }
      isOpen = false
    }
    const check = (): void => expect(isOpen).toBe(false)
    const setup = (): undefined => {
      isOpen = false
    }
    expect((await explore(open, { ...options, setup, check })).covered).toBe('cancel: 3 of 3')
    const twice = await failure(open, { ...options, setup, check, cancel: 'main twice' })
    expect(twice.replay).toBe('cancel main before #2; cancel main before #3')
  })

  it('takes durations from their range', async () => {
    function* program(): Coroutine<void> {
      const order: string[] = []
      function* arrive(name: string): Coroutine<void> {
        yield* sleep(duration(1, 50))
        order.push(name)
      }
      yield* gather([arrive('a'), arrive('b')])
      if (order[0] !== 'a') throw new Error('b is first')
    }
    const { replay } = await failure(program, { cancel: 'never', late: 0 })
    expect(replay).toMatch(/^main\/1#1 takes \d+$/)
    expect(await failure(program, { replay })).toMatchObject({ kind: 'error', replay })
  })

  it('passes the result of setup to program and check, and the names of cancelled Tasks', async () => {
    const seen = new Set<string>()
    await explore(
      function* program(log: string[]): Coroutine<void> {
        log.push('program')
        yield* createTask(sleep(1), { name: 'child' })
      },
      {
        *setup() {
          yield* sleep(0)
          return ['setup']
        },
        *check({ given, cancelled, task }) {
          yield* sleep(0)
          if (cancelled.length < 2) seen.add(`${given} ${cancelled} ${task.cancelled()}`)
        },
      },
    )
    expect([...seen].sort()).toEqual([
      'setup main true', // before its first step
      'setup,program  false',
      'setup,program main true',
      'setup,program main/child true',
    ])
  })

  it('says nothing about Tasks that wait for a cancelled Task', async () => {
    function* program(): Coroutine<void> {
      const queue = new Queue<number>()
      function* producer(): Coroutine<void> {
        yield* sleep(10)
        queue.putNowait(1)
      }
      createTask(producer(), { name: 'producer' })
      yield* queue.get()
    }
    await explore(program)
  })

  it('finds a permit that a cancelled Task does not return', async () => {
    const program = (isCareful: boolean) =>
      function* main(): Coroutine<void> {
        const queue = new Queue<number>()
        for (let n = 0; n < 4; n++) queue.putNowait(n)
        function* worker(): Coroutine<void> {
          for (;;) {
            yield* queue.get()
            try {
              yield* sleep(10)
              if (!isCareful) queue.taskDone()
            } finally {
              if (isCareful) queue.taskDone()
            }
          }
        }
        const workers = ['w1', 'w2'].map((name) => createTask(worker(), { name }))
        yield* queue.join()
        for (const one of workers) one.cancel()
      }
    const error = await failure(program(false))
    expect(error.kind).toBe('abandoned')
    expect(error.message).toMatch(
      /^`main`, `w\d` wait forever, and would not if it had been cancelled before its first step.*\n(?:.*\n)* {2}when `w\d` is cancelled/,
    )
    await explore(program(true))
  })

  it('does not blame a cancelled Task for a server that is only started because of it, and is cancelled', async () => {
    function* main(): Coroutine<void> {
      const lock = new Lock()
      let commands: Queue<Future<void>> | undefined
      function* serve(queue: Queue<Future<void>>): Coroutine<void> {
        for (;;) {
          const answer = yield* queue.get()
          if (!answer.done()) answer.setResult()
        }
      }
      function* connect(): Coroutine<Queue<Future<void>>> {
        yield* sleep(1)
        const queue = new Queue<Future<void>>()
        createTask(serve(queue), { name: 'server' })
        return queue
      }
      function* ask(): Coroutine<void> {
        using _ = yield* lock.acquire()
        try {
          commands ??= yield* connect()
          const answer = getRunningLoop().createFuture<void>()
          commands.putNowait(answer)
          yield* answer
        } catch (error) {
          commands = undefined // the next caller connects again
          throw error
        }
      }
      const users = ['a', 'b', 'c'].map((name) => createTask(ask(), { name }))
      for (const user of users) yield* wait([user])
    }
    await explore(main, { replay: 'cancel main/b before #3; cancel main/c/server before #1' })
  })

  it('says that two Tasks await the same coroutine object', async () => {
    const error = await failure(function* program(): Coroutine<void> {
      function* load(): Coroutine<string> {
        yield* sleep(5)
        return 'loaded'
      }
      const loading = load()
      function* use(): Coroutine<void> {
        yield* sleep(1)
        yield* loading
      }
      yield* gather([use(), use()])
    })
    expect(error.message).toContain('cannot reuse already awaited coroutine <coroutine object load>')
  })

  it('reports the coverage', async () => {
    function* program(): Coroutine<void> {
      const lock = new Lock()
      function* worker(): Coroutine<void> {
        using _ = yield* lock.acquire()
        yield* sleep(1)
      }
      yield* gather([worker(), worker()])
    }
    const { covered, runs } = await explore(program)
    expect(covered).toMatch(/^cancel: 22 of 22, times: 2 of 2, by chance: \d+$/)
    expect(runs).toBeLessThan(2_000) // it ends where nothing new comes
    const limited = await explore(program, { runs: 12 })
    expect(limited).toMatchObject({ covered: expect.stringMatching(/^cancel: [1-9] of 22, times: [1-9] of 2/) })
  })
})

describe('A failure of explore()', () => {
  it("names the program's own error before that of the check", async () => {
    const error = await failure(
      function* program(): Coroutine<void> {
        yield* sleep(1)
        throw new Error('out of stock')
      },
      {
        check() {
          throw new Error('the order is incomplete')
        },
      },
    )
    expect(error.message).toContain('the program throws Error: out of stock\nthe check fails: the order is incomplete')
  })

  it('names the error of a Task that nothing retrieved, and every step of each Task', async () => {
    const error = await failure(function* program(): Coroutine<void> {
      createTask(
        (function* fails() {
          yield* sleep(1)
          throw new Error('the disk is full')
        })(),
      )
      yield* sleep(5)
    })
    expect(error.message).toContain('the disk is full')
    const cancelled = await failure(threeWorkers)
    expect(cancelled.message).toContain('goes on with CancelledError │')
  })

  it('names the line of a loop that never lets the event loop run, and the next exploration works', async () => {
    const spin = (): never => {
      for (let n = 0; ; n++) {
        if (n < 0) break
      }
      throw new Error('not reached')
    }
    function* program(): Coroutine<void> {
      try {
        yield* sleep(5)
      } catch {
        spin()
      }
    }
    const { kind, message, replay } = await failure(program, { maxTime: 2_000, times: 'written' })
    expect({ kind, replay }).toEqual({ kind: 'endless', replay: 'cancel main before #2' })
    expect(message).toMatch(/step 2 of `main` had run for \d+ ms, at .*explore\.test\.ts:\d+$/m)
    await explore(() => sleep(1), { runs: 10 })
    for (const name of ['setup', 'check', 'always'] as const) {
      const bare = await failure(() => sleep(1), {
        maxTime: 500,
        [name]: () => {
          for (;;);
        },
      })
      expect(bare.message).toMatch(/had run for \d+ ms, at .*explore\.test\.ts:\d+$/m)
    }
    const { message: promised } = await failure((async () => spin()) as never, { maxTime: 2_000 })
    expect(promised).toContain('had run for')
    expect(await run(sleep(1, 'a new loop runs'))).toBe('a new loop runs')
    const hang = inVirtualTime(function* () {
      yield* getRunningLoop().createFuture()
    })
    await expect(hang()).rejects.toThrow(DeadlockError)
  })

  it('comes although the engine has lost the stop, which came while it was inspected', async () => {
    const session = new Session()
    session.connect()
    const now = performance.now.bind(performance)
    const end = now() + 2_000
    session.on('Debugger.scriptParsed', () => {
      while (now() < end);
    })
    function* program(): Coroutine<void> {
      session.post('Debugger.enable')
      yield* sleep(0)
      while (true);
    }
    const { kind, message } = await failure(program, { maxTime: 1_000 })
    session.disconnect()
    expect(kind).toBe('endless')
    expect(message).toContain('the program does not end: it ')
  })

  it('comes as soon as the signal aborts, and says how far it came', async () => {
    const controller = new AbortController()
    let runs = 0
    const program = function* (): Coroutine<void> {
      if (++runs === 10) controller.abort(new Error('the test is over'))
      for (let n = 0; n < 50; n++) yield* sleep(n)
    }
    const error = await explore(program, { signal: controller.signal, runs: 1_000_000 }).catch((thrown) => thrown)
    expect(error.message).toMatch(/^explore\(\) was stopped after \d+ runs: cancel: \d+ of /)
    expect(error.cause).toMatchObject({ message: 'the test is over' })
    const before = runs
    await explore(program, { for: 1 })
    expect(runs - before).toBeLessThan(2_000)
  })
})

describe('The time limit of a test', () => {
  const forever = (count: number) =>
    async function long(): Promise<void> {
      for (let n = 0; n < count; n++) await new Promise((resolve) => setTimeout(resolve, 1))
    }
  const stopped = (program: () => Promise<void>, ms: number): Promise<unknown> =>
    exploreProgram(program, { runs: 1e9, maxSteps: 1e9 }, { endsAt: hostClock.time() + ms })

  it('ends a run that blocks the thread, and says how far it came', async () => {
    await expect(stopped(forever(1e9), 20)).rejects.toThrow(
      /^explore\(\) was stopped after 0 runs: the ordinary run was at (?:event \d+ of the host|step \d of `main`)$/,
    )
  })
})

describe('explore() refuses', () => {
  const nothing = function* (): Coroutine<void> {}

  it.each<[string, unknown, string]>([
    ['no function', undefined, 'explore() expected a coroutine function, got undefined'],
    ['a negative late', { late: -1 }, 'late must be a number of milliseconds >= 0, got -1'],
    ['a late that is NaN', { late: Number.NaN }, 'late must be a number of milliseconds >= 0, got NaN'],
    ['an abort it does not know', { abort: 'all' }, "abort must be one of 'each', 'own', 'none', got 'all'"],
    ['no runs', { runs: 0 }, 'runs must be an integer > 0, got 0'],
    ['a seed that is no integer', { seed: 0.5 }, 'seed must be an integer, got 0.5'],
    ['a setup that is no function', { setup: {} }, 'setup must be a function, got {}'],
    ['a check that is no function', { check: true }, 'check must be a function, got true'],
    ['an always that is no function', { always: 1 }, 'always must be a function, got 1'],
    ['a signal that is none', { signal: new AbortController() }, 'signal must be an AbortSignal, got '],
    ['a real that is no boolean', { real: 'wait' }, "real must be one of true, false, got 'wait'"],
    ['a replay that is no text', { replay: 5 }, 'replay must be the text of a schedule, got 5'],
    ['an option it does not have', { cancels: 'each' }, 'explore() has no option `cancels`'],
    ['an option of its callers', { algorithms: [] }, 'explore() has no option `algorithms`'],
  ])('%s', (_, options, message) => {
    const call = (): unknown => explore((options === undefined ? undefined : nothing) as never, options as never)
    expect(call).toThrow(message)
  })

  it('an option it does not have, and lists only documented ones', () => {
    const call = (): unknown => explore(nothing, { cancels: 'each' } as never)
    expect(call).toThrow(/It has `setup`, `check`, .* `maxSteps`, `maxTime`$/)
  })

  it.each([
    ['', 'replay is empty'],
    [' ; ', 'replay has an invalid item'],
    ['cancel', "replay has an invalid item: 'cancel'"],
    ['late 1 at 10; late 2 at 10', "replay contradicts itself: 'late 1 at 10' and 'late 2 at 10'"],
    ['abort 0 at host#1', "replay has an invalid item: 'abort 0 at host#1'"],
  ])('to replay %j', async (replay, message) => {
    await expect(explore(nothing, { replay })).rejects.toThrow(message)
  })

  it('to replay a schedule that no longer applies, and says why', async () => {
    const replay = 'cancel main/w9 before #2; cancel main before #7; late 3 at 20'
    await expect(explore(() => sleep(5), { replay })).rejects.toThrow(
      'replay no longer applies:\n' +
        '  cancel main/w9 before #2: there is no Task main/w9, but main\n' +
        '  cancel main before #7: main takes 2 steps only\n' +
        '  late 3 at 20: the loop never wakes at 20, but at 5',
    )
  })

  it('to be called inside a program that is being explored', async () => {
    const error = await failure(function* program(): Coroutine<void> {
      void explore(nothing)
    })
    expect(error.message).toContain('explore() was called inside a program that is being explored')
  })

  it('a program that differs from one run to the next', async () => {
    let runs = 0
    const remembering = await failure(function* program(): Coroutine<void> {
      yield* sleep(++runs)
    })
    expect(remembering).toMatchObject({ kind: 'nondeterminism' })
    expect(remembering.message).toMatch(
      /two ordinary runs differ: first at 0 main waits for sleep\(1\), then at 0 main waits for sleep\(2\)/,
    )
  })

  it('to work while the fake timers of a test runner are active', () => {
    vi.useFakeTimers()
    try {
      expect(() => explore(nothing)).toThrow('restore the real ones before, with vi.useRealTimers()')
    } finally {
      vi.useRealTimers()
    }
  })
})

describe('explore(), of a program that', () => {
  it('asks for the time or for random numbers, gets the same in each run', async () => {
    const seen = new Set<string>()
    const now = Date.now
    await explore(
      function* program(): Coroutine<void> {
        seen.add([Math.random(), Date.now(), String(new Date()), performance.now(), crypto.randomUUID()].join())
        yield* sleep(1 + Math.random())
      },
      { late: 0 },
    )
    expect(seen.size).toBe(1)
    expect(Date.now).toBe(now)
  })

  it('does not end, is given up, with the schedule', async () => {
    const error = await failure(
      function* program(): Coroutine<void> {
        for (;;) yield* sleep(0)
      },
      { maxSteps: 500 },
    )
    expect(error).toMatchObject({ kind: 'endless', replay: '' })
    expect(error.message).toContain('it has taken 500 steps, and goes on. The last to run were main')
    expect(error.message).toMatch(/│ starts\n[\s\S]*\d+ rows after these are not shown$/)
  })

  it('refuses to be cancelled, and never ends then, is given up as well', async () => {
    const error = await failure(
      function* program(): Coroutine<void> {
        try {
          yield* sleep(10)
        } catch {
          for (;;) yield* sleep(0)
        }
      },
      { maxSteps: 500 },
    )
    expect(error).toMatchObject({ kind: 'endless', replay: 'cancel main before #2' })
  })

  it('throws a value that is not an Error, also in a check, prints it', async () => {
    const thrown = await failure(function* program(): Coroutine<void> {
      throw 'a string'
    })
    expect(thrown.message).toContain("the program throws 'a string'")
    const checked = await failure(function* program(): Coroutine<void> {}, {
      check() {
        throw { code: 7 }
      },
    })
    expect(checked.message).toContain('the check fails: { code: 7 }')
  })

  it.each([
    ['a coroutine', throwUndefined],
    ['an async function', async () => void throwUndefined().next()],
    [
      'a Task that nothing awaits',
      function* program(): Coroutine<void> {
        createTask(throwUndefined())
        yield* sleep(10)
      },
    ],
  ])('throws undefined in %s, fails', async (_, program) => {
    expect((await failure(program)).message).toMatch(/(?:the program throws|was never retrieved:) undefined/)
  })

  it('waits for nothing, is cancelled before its first step', async () => {
    const { covered, runs } = await explore(function* program(): Coroutine<void> {})
    expect({ covered, runs }).toEqual({ covered: 'cancel: 1 of 1', runs: 3 })
  })

  it('closes or stops its own loop, fails', async () => {
    const closing = await failure(function* program(): Coroutine<void> {
      getRunningLoop().close()
    })
    expect(closing.message).toContain('Cannot close a running event loop')
    const stopping = await failure(function* program(): Coroutine<void> {
      getRunningLoop().stop()
      yield* sleep(1)
    })
    expect(stopping.message).toContain('Event loop stopped before Future completed.')
  })

  it('uses a name twice, uses special characters in names, or renames Tasks', async () => {
    const replays: string[] = []
    function* program(): Coroutine<void> {
      function* child(): Coroutine<void> {
        yield* sleep(1)
      }
      const names = ['a', 'a', 'a#1; b', '7', 'b']
      const tasks = names.map((name) => createTask(child(), { name }))
      createTask(child()).setName('late')
      tasks[4]?.setName('renamed')
      yield* gather(tasks)
    }
    const options: ExploreOptions<undefined, void> = {
      late: 0,
      check({ cancelled }) {
        if (cancelled.length === 1 && !replays.includes(cancelled.join())) replays.push(cancelled.join())
      },
    }
    await explore(program, options)
    expect(replays.sort()).toEqual([
      'main',
      'main/"7"',
      'main/"a%231%3B%20b"',
      'main/1',
      'main/a',
      'main/a~2',
      'main/b',
    ])
    await explore(program, { replay: 'cancel main/"a%231%3B%20b" before #2; cancel main/a~2 before #1' })
  })

  it('has a listener that throws, continues', async () => {
    const print = console.error
    console.error = () => {}
    try {
      const { runs } = await explore(function* program(): Coroutine<void> {
        getRunningLoop().events.on('task:suspended', () => {
          throw new Error('in a listener')
        })
        yield* sleep(1)
      })
      expect(runs).toBeGreaterThan(3)
    } finally {
      console.error = print
    }
  })

  it('has ten thousand Tasks, is explored as far as the number of runs allows', async () => {
    const exploration: Exploration = await explore(
      function* program(): Coroutine<void> {
        yield* gather(Array.from({ length: 10_000 }, () => sleep(1)))
      },
      { runs: 3, late: 0, maxTime: 600_000 },
    )
    expect(exploration.covered).toMatch(/^cancel: 1 of \d{9}/)
  })
})

describe('A condition that must always hold', () => {
  interface Account {
    money: number
  }
  function* main(account: Account): Coroutine<void> {
    function* withdraw(): Coroutine<void> {
      yield* sleep(5)
      account.money -= 1
    }
    function* deposit(): Coroutine<void> {
      yield* sleep(3)
      account.money += 1
    }
    yield* gather([withdraw(), deposit()])
  }
  const setup = (): Account => ({ money: 0 })
  const always = ({ money }: Account): void => {
    if (money < 0) throw new RangeError(`${money} in the account`)
  }

  it('is checked after each step, although it holds again in the end', async () => {
    const check = ({ given }: { given: Account }): void => always(given)
    await explore(main, { setup, check, cancel: 'never' })
    const error = await failure(main as never, { setup, always, cancel: 'never' } as never)
    expect(error.kind).toBe('check')
    expect(error.message).toContain('the check fails: after step 2 of `main/1`: RangeError: -1 in the account')
    const call = `await explore(main, { setup, always, replay: '${error.replay}' })`
    expect(error.message).toContain(`\n\n${call}\n\n`)
    const pasted = `return (async () => { ${call} })()`
    const again = new Function('explore', 'main', 'setup', 'always', pasted) as (...args: unknown[]) => Promise<void>
    await expect(again(explore, main, setup, always)).rejects.toThrow('-1 in the account')
  })

  it('is checked after each event of a program of promises', async () => {
    async function transfer(account: Account): Promise<void> {
      await new Promise((resolve) => setTimeout(resolve, 3))
      account.money -= 1
      await new Promise((resolve) => setTimeout(resolve, 5))
      account.money += 1
    }
    const error = (await explore(transfer, { setup, always }).catch((thrown: unknown) => thrown)) as ExplorationError
    expect(error.message).toContain('the check fails: after event 2 of the host: RangeError: -1 in the account')
  })
})

describe('A program that is an ordinary function', () => {
  it('is called in the loop, which it may need', async () => {
    const { covered } = await explore(() => gather([sleep(1), sleep(2)]))
    expect(covered).toMatch(/^cancel: (\d+) of \1, /)
  })
})

describe('The table of a failure', () => {
  it('has no column for the check, which is not a Task of the program', async () => {
    const check = function* (): Coroutine<void> {
      yield* sleep(1)
      throw new Error('wrong')
    }
    const failing = explore(() => sleep(1), { cancel: 'each', check })
    await expect(failing).rejects.toThrow(/\nms │ main\n/)
  })
})
