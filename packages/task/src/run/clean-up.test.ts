import {
  type Coroutine,
  type EventLoop,
  type ExceptionContext,
  type Future,
  getRunningLoop,
  KeyboardInterrupt,
  type Task,
  VirtualClock,
} from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import type { RunnerOptions } from './run-in-loop.ts'
import { waysToRun } from './ways-to-run.fixture.ts'

describe.each(waysToRun)('A Task that is left over at the end of %s', (_name, runIt) => {
  async function reportsOf(
    worker: () => Coroutine<void>,
    { real = false, ...options }: RunnerOptions & { readonly real?: boolean } = {},
  ): Promise<string[]> {
    const reports: string[] = []
    const loopFactory = () => {
      const loop = real ? newEventLoop() : newEventLoop({ clock: new VirtualClock() })
      loop.setExceptionHandler((_loop, { message }: ExceptionContext) => reports.push(message))
      return loop
    }
    function* main(): Coroutine<string> {
      createTask(worker(), { name: 'worker' })
      yield* sleep(10)
      return 'main is done'
    }
    expect(await runIt(main, { loopFactory, ...options })).toBe('main is done')
    return reports
  }

  it('and swallows its cancellation is reported when it returns to the place where it was cancelled', async () => {
    let times = 0
    function* worker(): Coroutine<void> {
      while (times < 3) {
        try {
          yield* sleep(1000)
        } catch {}
        times++
      }
    }
    expect(await reportsOf(worker)).toEqual([
      expect.stringMatching(
        /^Task 'worker' was cancelled at the end of the run, but swallowed the CancelledError and waits again at \S*clean-up\.test\.ts:\d+ for sleep\(1000\): the run cannot end\. Let the error pass: `rethrowIfCancelled\(error\)` at the head of the catch$/,
      ),
    ])
  })

  it('is watched no longer than it runs: locks are as fast afterwards', async () => {
    let loop: EventLoop | undefined
    let watched: boolean | undefined
    function* worker(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        yield* sleep(1)
        loop = getRunningLoop()
        watched = loop.probe !== undefined
      }
    }
    expect(await reportsOf(worker)).toEqual([])
    expect({ watched, after: loop?.probe }).toEqual({ watched: true, after: undefined })
  })

  it('and swallows it in a coroutine() that another coroutine awaits is reported as well', async () => {
    let times = 0
    const wait = coroutine(function* wait(): Coroutine<void> {
      yield* sleep(1000)
    })
    const worker = coroutine(function* worker(): Coroutine<void> {
      while (times++ < 3) {
        try {
          yield* wait()
        } catch {}
      }
    })
    expect(await reportsOf(worker)).toEqual([expect.stringContaining('the run cannot end')])
  })

  it.each([
    ['bare', (fn: () => Coroutine<void>) => fn],
    ['coroutine()', coroutine],
  ] as const)(
    'may clean up as long as it likes, with the very function in which it was cancelled: %s',
    async (_kind, wrap) => {
      const send = wrap(function* send(): Coroutine<void> {
        yield* sleep(1000)
      })
      const log: string[] = []
      const worker = wrap(function* worker(): Coroutine<void> {
        // biome-ignore format: in a minified program, all is on one line
        try { yield* send() } finally { yield* send(); for (let i = 0; i < 3; i++) yield* send()
          log.push('clean')
        }
      })
      expect(await reportsOf(worker)).toEqual([])
      expect(log).toEqual(['clean'])
    },
  )

  it('is reported once more when graceTime expires, and the run ends without it', async () => {
    let ended = false
    function* worker(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        while (!ended) yield* sleep(1) // never
      }
    }
    const over =
      "Task 'worker' was cancelled at the end of the run, and has not ended for 20 ms. The run ends without it"
    expect((await reportsOf(worker, { graceTime: 20 }))[0]).toBe(over)
    expect((await reportsOf(worker, { graceTime: 20, real: true }))[0]).toBe(over)
    ended = true
    expect(await reportsOf(worker, { graceTime: 20, real: true })).toEqual([])
  })

  it('is awaited for as many iterations as in asyncio: its done callbacks run, and callbacks that they schedule', async () => {
    const log: string[] = []
    function* worker(): Coroutine<void> {
      yield* sleep(1000)
    }
    function* main(): Coroutine<void> {
      let calls = 0
      const again = (done: Future): void => {
        log.push(`cb${++calls}`)
        done.addDoneCallback(again)
      }
      createTask(worker()).addDoneCallback(again)
      yield* sleep(1)
    }
    await runIt(main)
    expect(log).toEqual(['cb1', 'cb2', 'cb3', 'cb4', 'cb5', 'cb6']) // as asyncio.run()
  })

  it('and makes Tasks while it cleans up: they are cancelled and awaited as well, until none is left', async () => {
    const log: string[] = []
    function* worker(depth: number): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        if (depth > 0) createTask(worker(depth - 1))
        yield* sleep(5)
        log.push(`${depth} is clean`)
      }
    }
    expect(await reportsOf(() => worker(2))).toEqual([])
    expect(log).toEqual(['2 is clean', '1 is clean', '0 is clean'])
  })

  it('and whose clean-up makes Tasks forever is left after a hundred rounds, and reported', async () => {
    let made = 0
    function* worker(): Coroutine<void> {
      try {
        made++
        yield* sleep(1000)
      } finally {
        createTask(worker())
      }
    }
    const reports = await reportsOf(worker)
    expect(reports).toEqual([
      expect.stringMatching(
        /^The clean-up of Tasks has made new Tasks 100 times\. The run ends without:\n {2}<Task pending/,
      ),
      'Task was destroyed but it is pending!',
    ])
    expect(made).toBe(101)
  })

  it('and makes Tasks for longer than graceTime ends with the run', async () => {
    function* worker(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        createTask(worker(), { name: 'next' })
        yield* sleep(8)
      }
    }
    expect(await reportsOf(worker, { graceTime: 20 })).toEqual([
      "Task 'next' was cancelled at the end of the run, and has not ended for 20 ms. The run ends without it",
      'Task was destroyed but it is pending!',
      'Task was destroyed but it is pending!',
    ])
  })

  it('cannot be cancelled once its loop has closed', async () => {
    const left: Task[] = []
    function* worker(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        yield* sleep(1000)
      }
    }
    function* main(): Coroutine<void> {
      left.push(createTask(worker()))
      yield* sleep(1)
    }
    const loopFactory = () => {
      const loop = newEventLoop({ clock: new VirtualClock() })
      loop.setExceptionHandler(() => {})
      return loop
    }
    await runIt(main, { loopFactory, graceTime: 10 })
    const [task] = left
    expect({ cancel: task?.cancel(), done: task?.done() }).toEqual({ cancel: false, done: false })
  })

  it('cleans up although main was interrupted', async () => {
    const log: string[] = []
    function* worker(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } finally {
        yield* sleep(5)
        log.push('clean')
      }
    }
    function* main(): Coroutine<void> {
      createTask(worker())
      yield* sleep(1)
      throw new KeyboardInterrupt('stop')
    }
    await expect(runIt(main)).rejects.toThrow('stop')
    expect(log).toEqual(['clean'])
  })

  it('takes a number of milliseconds as graceTime', async () => {
    // @ts-expect-error a text
    await expect(reportsOf(() => sleep(1), { graceTime: '20' })).rejects.toThrow(
      "graceTime must be a number of milliseconds, got '20'",
    )
  })
})
