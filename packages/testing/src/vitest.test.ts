import { type Coroutine, getRunningLoop, Lock, sleep } from 'spindle'
import { afterAll as afterAllOfVitest, describe, expect } from 'vitest'
import { afterAll, afterEach, beforeAll, beforeEach, it } from './vitest.ts'

describe('it of @spindle/testing/vitest', () => {
  const log: string[] = []
  afterAllOfVitest(() => {
    if (log.join() !== 'an hour,real,plain,passed on') throw new Error(`not all bodies have run: ${log}`)
  })

  it('runs a bare generator function, in virtual time', function* () {
    yield* sleep(3_600_000)
    expect(getRunningLoop().time()).toBe(3_600_000)
    log.push('an hour')
  })

  it(
    'runs it in real time if asked',
    function* () {
      expect(getRunningLoop().hasVirtualTime).toBe(false)
      yield* sleep(1)
      log.push('real')
    },
    { realTime: true },
  )

  it('leaves other functions to Vitest', async () => {
    await Promise.resolve()
    log.push('plain')
  })

  it('runs a coroutine that an ordinary function returns', () => {
    return (function* () {
      yield* sleep(1)
      log.push('passed on')
    })()
  })

  it('refuses a value that is not a function', () => {
    expect(() => it('t', 3 as never)).toThrow(
      new TypeError("the test 't' needs a function, and its options after that, got 3"),
    )
  })

  it.skip('skips', function* () {
    yield* sleep(1)
    throw new Error('it has run')
  })

  it.explore(
    'explores',
    function* program(lock: Lock): Coroutine<void> {
      using _ = yield* lock.acquire()
      yield* sleep(1)
    },
    {
      setup: () => new Lock(),
      check: ({ given }) => expect(given.locked()).toBe(false),
      timeout: 60_000,
    },
  )
})

describe('the variants of Vitest', () => {
  const log: string[] = []
  afterAllOfVitest(() => {
    expect(log).toEqual(['each 1 a', 'each 2 b', 'value 3', 'for 4 true', 'run', 'base and more', 'inner'])
  })

  it.each([
    [1, 'a'],
    [2, 'b'],
  ])('each: %i %s', function* (number, letter) {
    yield* sleep(number)
    log.push(`each ${number} ${letter}`)
  })

  it.each([3])('each, of single values: %i', function* (value) {
    yield* sleep(value)
    log.push(`value ${value}`)
  })

  it.for([{ value: 4 }])('for: $value', function* ({ value }, { signal }) {
    yield* sleep(value)
    log.push(`for ${value} ${signal instanceof AbortSignal}`)
  })

  it.todo('todo')

  it.fails('fails, inside its coroutine', function* () {
    yield* sleep(1)
    throw new Error('as it must')
  })

  it.skipIf(true)('skipIf', function* () {
    yield* sleep(1)
    log.push('not skipped')
  })

  it.runIf(true)('runIf', function* () {
    yield* sleep(1)
    log.push('run')
  })

  const withBase = it.extend<{ base: string }>({
    base: async ({ task: _ }: object & { task?: unknown }, use: (value: string) => Promise<void>) => use('base'),
  })

  withBase('extend', function* ({ base, task }) {
    yield* sleep(1)
    expect(task.name).toBe('extend')
    log.push(`${base} and more`)
  })

  withBase.extend<{ inner: string }>({ inner: 'inner' })('extend again', function* ({ inner }) {
    yield* sleep(1)
    log.push(inner)
  })
})

describe('the hooks of @spindle/testing/vitest', () => {
  const log: string[] = []
  afterAllOfVitest(() => {
    if (log.join() !== 'all,before,test,after,cleanup,after all') throw new Error(`not all hooks have run: ${log}`)
  })
  afterAll(function* () {
    yield* sleep(3_600_000)
    log.push('after all')
  })
  beforeAll(function* () {
    yield* sleep(3_600_000)
    log.push('all')
  })
  beforeEach(function* ({ task }) {
    expect(task.name).toBe('run around a test')
    yield* sleep(3_600_000)
    log.push('before')
    return function* (): Coroutine<void> {
      yield* sleep(3_600_000)
      log.push('cleanup')
    }
  })
  afterEach(async () => {
    await Promise.resolve()
    log.push('after')
  })

  it('run around a test', function* () {
    yield* sleep(1)
    log.push('test')
  })
})
