import {
  CancelledError,
  ContextVar,
  type Coroutine,
  type EventLoop,
  getRunningLoop,
  KeyboardInterrupt,
} from '@spindle/loop'
import { ambient } from '@spindle/loop/internal'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { Event } from '../sync/event.ts'
import { Lock } from '../sync/lock.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { closeHostLoop, getHostLoop } from './host-loop.ts'
import { run } from './run.ts'
import { runSync } from './runner.ts'

afterEach(() => closeHostLoop())

/** The host loop, whose reports are kept. */
function watchedHostLoop(): { loop: EventLoop; reports: string[]; reported: () => Promise<void> } {
  const loop = getHostLoop()
  const reports: string[] = []
  let onReport = (): void => {}
  loop.setExceptionHandler((_loop, { message, exception }) => {
    reports.push(`${message}: ${exception}`)
    onReport()
  })
  const reported = (): Promise<void> => {
    if (reports.length > 0) return Promise.resolve()
    return new Promise((resolve) => {
      onReport = resolve
    })
  }
  return { loop, reports, reported }
}

const hostTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

describe('getHostLoop()', () => {
  it('returns the same loop in plain code, in its own Tasks and in Tasks of other loops', async () => {
    const loop = getHostLoop()
    function* look(): Coroutine<[EventLoop, EventLoop]> {
      yield* sleep(0)
      return [getHostLoop(), getRunningLoop()]
    }
    const [host, running] = await loop.createTask(look())
    const [hostInRun, runningInRun] = await run(look())
    expect(host).toBe(loop)
    expect(running).toBe(loop)
    expect(hostInRun).toBe(loop)
    expect(runningInRun).not.toBe(loop)
    expect(loop.isRunning()).toBe(true)
  })

  it('runs Tasks of listeners concurrently with a run(), with which they share a lock', async () => {
    const lock = new Lock()
    const log: string[] = []
    function* section(name: string): Coroutine<void> {
      using _ = yield* lock.acquire()
      log.push(`${name} in`)
      yield* sleep(1)
      log.push(`${name} out`)
    }
    const button = new EventTarget()
    const clicks: Promise<void>[] = []
    button.addEventListener('click', () => void clicks.push(getHostLoop().createTask(section('click')).then()))
    const running = run(section('run'))
    button.dispatchEvent(new globalThis.Event('click'))
    button.dispatchEvent(new globalThis.Event('click'))
    await Promise.all([running, ...clicks])
    const sections = [log.slice(0, 2), log.slice(2, 4), log.slice(4)].map((pair) => pair.join(', ')).sort()
    expect(sections).toEqual(['click in, click out', 'click in, click out', 'run in, run out'])
    expect(String(lock)).toBe('<Lock [unlocked]>')
  })

  it('gives each Task a copy of the context of the code that created it', async () => {
    const user = new ContextVar<string>('user')
    function* remember(name: string): Coroutine<string> {
      user.set(name)
      yield* sleep(1)
      return String(user.get())
    }
    const names = ['ann', 'bob', 'cid']
    expect(await Promise.all(names.map((name) => getHostLoop().createTask(remember(name))))).toEqual(names)
  })

  it('reports an unretrieved exception after the next turn of the host, once', async () => {
    const { loop, reports, reported } = watchedHostLoop()
    function* fail(message: string): Coroutine<void> {
      yield* sleep(0)
      throw new Error(message)
    }
    const awaited = loop.createTask(fail('awaited'))
    loop.createTask(fail('lost'))
    await expect(awaited).rejects.toThrow('awaited')
    await reported()
    await hostTurn()
    expect(reports).toEqual(['Task exception was never retrieved: Error: lost'])
    await closeHostLoop()
    expect(reports).toHaveLength(1)
  })

  it('reports an exception that was set in plain code', async () => {
    const { loop, reports, reported } = watchedHostLoop()
    loop.createFuture().setException(new Error('set outside'))
    await reported()
    expect(reports).toEqual(['Future exception was never retrieved: Error: set outside'])
  })

  it('continues after a KeyboardInterrupt, which is reported once', async () => {
    const { loop, reports, reported } = watchedHostLoop()
    function* interrupted(): Coroutine<void> {
      yield* sleep(0)
      throw new KeyboardInterrupt('in a Task')
    }
    loop.createTask(interrupted())
    await reported()
    loop.callSoon(() => {
      throw new KeyboardInterrupt('in a callback')
    })
    const awaited = loop.createTask(interrupted())
    await expect(awaited).rejects.toThrow('in a Task')
    expect(await loop.createTask(sleep(1, 'went on'))).toBe('went on')
    await hostTurn()
    expect(reports).toEqual([
      'Task exception was never retrieved: KeyboardInterrupt: in a Task',
      'Exception in the host loop: KeyboardInterrupt: in a callback',
    ])
  })

  it('cannot be stopped, closed or run, with an error that says how to end it', async () => {
    const loop = getHostLoop()
    expect(() => loop.stop()).toThrow('The host loop cannot be stopped. `await closeHostLoop()` ends it')
    expect(() => loop.close()).toThrow('Cannot close a running event loop')
    await expect(loop.runForever()).rejects.toThrow('This event loop is already running')
    expect(await loop.createTask(sleep(0, 'runs'))).toBe('runs')
  })

  it('takes Tasks from a blocking run, and runs them when the thread is free', async () => {
    function* main(): Coroutine<unknown> {
      yield* sleep(1)
      return { task: getHostLoop().createTask(sleep(1, 'later')) }
    }
    const { task } = runSync(main()) as { task: PromiseLike<string> }
    expect(await task).toBe('later')
  })

  it('neither hangs nor waits for fake timers', async () => {
    const before = getHostLoop().createTask(sleep(5, 'before'))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date', 'queueMicrotask'] })
    const dropped = getHostLoop().createTask(sleep(1, 'under fakes'))
    await Promise.resolve()
    expect(await dropped).toBe('under fakes')
    const long = getHostLoop().createTask(sleep(60_000))
    await Promise.resolve()
    vi.useRealTimers()
    expect(await getHostLoop().createTask(sleep(5, 'after'))).toBe('after')
    expect(await before).toBe('before')
    long.cancel()
  })
})

describe('closeHostLoop()', () => {
  it('cancels the remaining Tasks, waits for their clean-up, and allows a new loop', async () => {
    const loop = getHostLoop()
    const log: string[] = []
    function* work(): Coroutine<void> {
      try {
        yield* new Event().wait()
      } catch (error) {
        log.push(`cancelled: ${error instanceof CancelledError}`)
        throw error
      } finally {
        yield* sleep(1)
        log.push(`cleaned up on the same loop: ${getHostLoop() === loop}`)
      }
    }
    const task = loop.createTask(work())
    await loop.createTask(sleep(1))
    await closeHostLoop()
    expect(log).toEqual(['cancelled: true', 'cleaned up on the same loop: true'])
    expect({ cancelled: task.cancelled(), closed: loop.isClosed(), running: loop.isRunning() }).toEqual({
      cancelled: true,
      closed: true,
      running: false,
    })
    expect(getHostLoop()).not.toBe(loop)
    expect(await getHostLoop().createTask(sleep(1, 'again'))).toBe('again')
  })

  it('gives Tasks, and the Tasks they start, a grace time', async () => {
    const log: string[] = []
    function* child(): Coroutine<void> {
      yield* sleep(5)
      log.push('child ended')
    }
    function* parent(): Coroutine<void> {
      yield* sleep(5)
      createTask(child())
      log.push('parent ended')
    }
    const loop = getHostLoop()
    loop.createTask(parent())
    await closeHostLoop({ graceTime: 60_000 })
    expect(log).toEqual(['parent ended', 'child ended'])
    const stubborn = getHostLoop().createTask(sleep(60_000))
    await closeHostLoop({ graceTime: 1 })
    expect(stubborn.cancelled()).toBe(true)
  })

  it('reports errors in clean-up, and Tasks that do not end in time', async () => {
    const { loop, reports } = watchedHostLoop()
    function* fails(): Coroutine<void> {
      try {
        yield* sleep(60_000)
      } finally {
        // biome-ignore lint/correctness/noUnsafeFinally: that is what is tested
        throw new Error('clean-up')
      }
    }
    function* goesOn(): Coroutine<void> {
      try {
        yield* sleep(60_000)
      } finally {
        yield* sleep(60_000)
      }
    }
    loop.createTask(fails())
    loop.createTask(goesOn(), { name: 'slow' })
    await loop.createTask(sleep(1))
    await ambient.hostLoop?.close({ graceTime: 0, cleanUpLimit: 5 })
    expect(reports.toSorted()).toEqual([
      "Task 'slow' was cancelled at the end of the run, and has not ended for 5 ms. The run ends without it: undefined",
      'Task was destroyed but it is pending!: undefined',
      'unhandled exception during run() shutdown: Error: clean-up',
    ])
  })

  it('returns the same promise when called twice, and is a no-op without a loop', async () => {
    await closeHostLoop()
    const loop = getHostLoop()
    await Promise.all([closeHostLoop(), closeHostLoop(), closeHostLoop()])
    expect(loop.isClosed()).toBe(true)
  })

  it('is refused in a Task of the host loop, because it would wait for it, and refuses unknown options', async () => {
    let refused: Promise<unknown> | undefined
    function* close(): Coroutine<void> {
      refused = closeHostLoop().catch(String)
      yield* sleep(0)
    }
    await getHostLoop().createTask(close(), { name: 'closer' })
    expect(await refused).toMatch(/closeHostLoop\(\) was called in <Task .*name='closer'.*Call it in plain code/)
    await expect(closeHostLoop({ timeout: 3 } as never)).rejects.toThrow('timeout')
    await expect(closeHostLoop({ graceTime: Number.NaN })).rejects.toThrow('graceTime')
  })
})
