import {
  CancelledError,
  type Coroutine,
  coroutine,
  createTask,
  gather,
  gatherMap,
  getRunningLoop,
  Lock,
  Semaphore,
  sleep,
  timeout,
} from 'spindle'
import { describe, expect, it } from 'vitest'
import { CoroutineTest } from './coroutine-test.ts'
import { type AllowedLeaks, checkAllowedLeaks } from './leak-watch.ts'

/** The message about the leaks of the test; '' if it passes. */
async function leftBy(program: () => Coroutine<unknown>, allow: AllowedLeaks = {}): Promise<string> {
  try {
    await new CoroutineTest(program(), 'virtual', allow).run()
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

const HERE = /leak-watch\.apart\.test\.ts:\d+/

const leaks: Record<string, [kind: keyof AllowedLeaks, told: RegExp, program: () => Coroutine<unknown>]> = {
  'a Task': [
    'tasks',
    /<Task pending name='left' .*created at .*leak-watch/,
    function* () {
      createTask(sleep(1000), { name: 'left' })
      yield* sleep(1)
    },
  ],
  'a timer': [
    'timers',
    /<TimerHandle when=5001 .*created at .*leak-watch/,
    function* () {
      yield* sleep(1)
      getRunningLoop().callLater(5_000, () => {})
    },
  ],
  'a timer after very many Futures, without its line': [
    'timers',
    /<TimerHandle when=5000 (?!.*created at)/,
    function* () {
      for (let n = 0; n < 10_000; n++) getRunningLoop().createFuture()
      getRunningLoop().callLater(5_000, () => {})
    },
  ],
  'a lock': [
    'locks',
    /<Lock \[locked\]> held by <Task .* created at .*leak-watch/,
    function* () {
      const lock = new Lock()
      createTask(lock.acquire())
      yield* sleep(1)
    },
  ],
  'a permit of a semaphore': [
    'locks',
    /<Semaphore \[unlocked, value:1\]> held by Task-1, acquired at .*leak-watch/,
    function* () {
      const semaphore = new Semaphore(3)
      for (let n = 0; n < 3; n++) yield* semaphore.acquire()
      semaphore.release()
    },
  ],
  'a listener': [
    'listeners',
    /a listener for 'abort' of an AbortSignal added at .*leak-watch/,
    function* () {
      new AbortController().signal.addEventListener('abort', () => {})
      yield* sleep(1)
    },
  ],
  'an error': [
    'errors',
    /Task exception was never retrieved[\s\S]*created at .*leak-watch/,
    function* () {
      createTask(function* failing(): Coroutine<void> {
        throw new Error('lost')
      })
      yield* sleep(1)
    },
  ],
  'a coroutine': [
    'coroutines',
    /coroutine 'work' was never awaited[\s\S]*leak-watch/,
    function* () {
      const work = coroutine(function* work(): Coroutine<void> {
        yield* sleep(1)
      })
      work()
      yield* sleep(1)
    },
  ],
  'a sleep': [
    'coroutines',
    /sleep\(5\) was never awaited: .*leak-watch/,
    function* () {
      sleep(5)
      yield* sleep(1)
    },
  ],
}

describe('A test that leaves something behind', () => {
  it.each(Object.entries(leaks))('fails with the line that created it: %s', async (_, [kind, told, program]) => {
    const message = await leftBy(program)
    expect(message).toMatch(told)
    expect(message).toMatch(HERE)
    expect(await leftBy(program, { [kind]: 'it is the subject' })).toBe('')
    const other = kind === 'tasks' ? 'timers' : 'tasks'
    expect(await leftBy(program, { [other]: 'something else' })).toMatch(told)
  })

  it('receives an error that says how to allow it', async () => {
    const [, , program] = leaks['a Task'] as (typeof leaks)[string]
    expect(await leftBy(program)).toMatch(
      /^the test has left something behind:\n {2}<Task .*\n.*say why it may stay: \{ allow: \{ tasks: 'the reason' \} \}$/,
    )
  })

  it('fails with its own error, if it has one', async () => {
    const program = function* (): Coroutine<void> {
      createTask(sleep(1000))
      yield* sleep(1)
      throw new Error('its own')
    }
    expect(await leftBy(program)).toBe('its own')
  })
})

describe('A test that cleans up', () => {
  it('passes, whatever it has used, and however late it retrieves an exception', async () => {
    const lock = new Lock()
    const semaphore = new Semaphore(2)
    const controller = new AbortController()
    function* worker(): Coroutine<void> {
      using _ = yield* lock.acquire()
      using _permit = yield* semaphore.acquire()
      yield* sleep(3)
    }
    function* failing(): Coroutine<void> {
      throw new Error('asked for later')
    }
    const message = await leftBy(function* () {
      const listener = (): void => {}
      controller.signal.addEventListener('abort', listener)
      yield* gather([worker(), worker(), worker()])
      yield* gatherMap([1, 2, 3], () => sleep(1), { concurrency: 2 })
      const failed = createTask(failing())
      const cancelled = createTask(sleep(1000))
      getRunningLoop().callLater(1, () => {})
      const timer = getRunningLoop().callLater(1000, () => {})
      yield* timeout(5000, () => sleep(10))
      for (let n = 0; n < 3000; n++) getRunningLoop().callLater(1, () => {})
      yield* sleep(1)
      timer.cancel()
      cancelled.cancel()
      controller.signal.removeEventListener('abort', listener)
      try {
        yield* failed
      } catch (error) {
        if (error instanceof CancelledError) throw error
      }
    })
    expect(message).toBe('')
  })

  it('leaves AbortSignal as it was, and is not blamed for what plain code adds', async () => {
    const before = Object.getOwnPropertyNames(AbortSignal.prototype)
    const { signal } = new AbortController()
    const running = leftBy(() => sleep(1))
    signal.addEventListener('abort', () => {})
    expect(await running).toBe('')
    expect(Object.getOwnPropertyNames(AbortSignal.prototype)).toEqual(before)
  })
})

describe('allow', () => {
  it.each([
    [3, "allow must be an object such as { tasks: 'why' }, got 3"],
    [{ task: 'why' }, "allow has 'task', which is none of 'tasks', "],
    [{ tasks: true }, 'allow.tasks must be the reason why the test may leave tasks behind, got true'],
    [{ locks: ' ' }, 'allow.locks must be the reason'],
  ])('refuses %j', (allow, message) => {
    expect(() => checkAllowedLeaks(allow)).toThrow(TypeError)
    expect(() => checkAllowedLeaks(allow)).toThrow(message)
  })
})
