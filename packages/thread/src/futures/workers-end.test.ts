// Workers that end before their calls, and the errors of the calls.

import { RuntimeError, TimeoutError } from '@spindle/loop'
import { afterAll, describe, expect, it } from 'vitest'
import {
  BrokenProcessPool,
  type Executor,
  type Future,
  ProcessPoolExecutor,
  Thread,
  ThreadPoolExecutor,
} from '../index.ts'
import * as calls from './calls.fixture.ts'
import * as work from './workers-end.fixture.ts'

const open: Executor[] = []
afterAll(() => {
  for (const executor of open) executor.shutdown()
})

// Of which the workers are ended again and again.
const threads = opened(new ThreadPoolExecutor(1))
const processes = opened(new ProcessPoolExecutor(1))

function opened<E extends Executor>(executor: E): E {
  open.push(executor)
  return executor
}

describe('the limits of a worker', () => {
  it('set the size of the stack, and options of Node', () => {
    const processes = opened(new ProcessPoolExecutor(1, { execArgv: ['--stack-size=2000'] }))
    expect(processes.submit(work.execArgv).result()).toContain('--stack-size=2000')
    const deep = opened(new ThreadPoolExecutor(1, { resourceLimits: { stackSizeMb: 32 } }))
    expect(deep.submit(work.depthOf, 100_000).result()).toBe(100_000)
    expect(() => threads.submit(work.depthOf, 100_000).result()).toThrow('Maximum call stack size exceeded')
  })

  it('are refused if they make no sense', () => {
    const limited = (resourceLimits: object): ThreadPoolExecutor => new ThreadPoolExecutor(1, { resourceLimits })
    expect(() => limited({ maxHeap: 1 })).toThrow('resourceLimits has no maxHeap; there are maxOldGenerationSizeMb, ')
    expect(() => limited({ stackSizeMb: '4' })).toThrow("stackSizeMb must be a number of MB, got '4'")
    expect(() => limited({ stackSizeMb: 0 })).toThrow(new RangeError('stackSizeMb must be > 0, got 0'))
    expect(() => new Thread({ target: work.execArgv, resourceLimits: 64 as never })).toThrow(
      'resourceLimits must be an object, got 64',
    )
    expect(() => new ProcessPoolExecutor(1, { execArgv: '--expose-gc' as never })).toThrow(
      "execArgv must be an array of strings, got '--expose-gc'",
    )
  })
})

describe('a worker that ends', () => {
  it('says how, if it can', () => {
    const futures = [
      processes.submit(calls.leave, 3),
      processes.submit(calls.killOneself),
      threads.submit(calls.leave, 4),
      threads.submit(calls.neverSettles),
      processes.submit(calls.neverSettles),
    ]
    expect(futures.map((future: Future) => String(future.exception()))).toEqual([
      'BrokenProcessPool: the process that ran leave() ended before the call did: exit code 3',
      'BrokenProcessPool: the process that ran killOneself() ended before the call did: SIGKILL',
      'BrokenThreadPool: the thread that ran leave() ended before the call did: exit code 4',
      'BrokenThreadPool: the thread that ran neverSettles() ended before the call did: it waited, and nothing was left on its thread that could end the wait',
      'BrokenProcessPool: the process that ran neverSettles() ended before the call did: it waited, and nothing was left in its process that could end the wait',
    ])
  })
})

describe.each([
  { Pool: ThreadPoolExecutor, pool: threads },
  { Pool: ProcessPoolExecutor, pool: processes },
])('a worker of a $Pool.name', ({ Pool, pool }) => {
  it('says which exception has ended it', () => {
    expect(String(pool.submit(work.waitsWhileTimerThrows).exception())).toMatch(
      /waitsWhileTimerThrows\(\) ended .*: nothing caught an exception of this call or one before it: RangeError: of a timer$/,
    )
  })

  it('ends if the wait of its initializer never ends', () => {
    const pool = opened(new Pool(1, { initializer: calls.neverSettles }))
    expect(String(pool.submit(calls.pid).exception())).toMatch(/pid\(\) ended .*: it waited, and nothing/)
  })
})

describe.each(['terminateWorkers', 'killWorkers'] as const)('%s', (end) => {
  const signal = end === 'killWorkers' ? 'SIGKILL' : 'SIGTERM'

  it('ends the processes, fails running calls, and cancels calls that have not started', () => {
    const pool = opened(new ProcessPoolExecutor(3))
    const pid = pool.submit(calls.pid).result()
    const died = pool.submit(calls.killOneself)
    const running = pool.submit(calls.blocksForEver)
    expect(died.exception()).toBeInstanceOf(BrokenProcessPool)
    const waiting = [pool.submit(calls.sleepFor, 60_000), pool.submit(calls.blocksForEver), pool.submit(calls.add, 1)]
    expect(() => running.result({ timeout: 20 })).toThrow(TimeoutError)
    pool[end]()
    expect(
      [running, ...waiting].map((future) => (future.cancelled() ? 'cancelled' : String(future.exception()))),
    ).toEqual([
      `BrokenProcessPool: the process that ran blocksForEver() ended before the call did: ${signal}`,
      `BrokenProcessPool: the process that ran sleepFor() ended before the call did: ${signal}`,
      `BrokenProcessPool: the process that ran blocksForEver() ended before the call did: ${signal}`,
      'cancelled',
    ])
    expect(() => pool.submit(calls.add, 1)).toThrow(new RuntimeError('cannot schedule new futures after shutdown'))
    pool[end]()
    pool.shutdown()
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  })

  it('shuts down a pool that has not begun', () => {
    const pool = opened(new ProcessPoolExecutor(1))
    pool[end]()
    expect(() => pool.submit(calls.add, 1)).toThrow(RuntimeError)
    pool.shutdown()
  })
})

it('a process may have something left to do about SIGTERM, and nothing about SIGKILL', () => {
  const pool = opened(new ProcessPoolExecutor(1))
  pool.submit(work.survive).result()
  const future = pool.submit(calls.later, 300, 'survived')
  pool.terminateWorkers()
  expect(future.result()).toBe('survived')
  const other = opened(new ProcessPoolExecutor(1))
  other.submit(work.survive).result()
  const killed = other.submit(calls.blocksForEver)
  other.killWorkers()
  expect(killed.exception()).toBeInstanceOf(BrokenProcessPool)
})

it('a call that fails before its function is loaded does not keep the next from loading it', async () => {
  const { fails } = await import('../fails-in-threads.fixture.ts')
  const threads = opened(new ThreadPoolExecutor(1))
  const errors = [threads.submit(fails), threads.submit(fails)].map((future) => String(future.exception()))
  expect(errors).toEqual(
    Array(2).fill(expect.stringMatching(/^RuntimeError: fails\(\) can't be called, as its module/)),
  )
  const processes = opened(new ProcessPoolExecutor(1))
  expect(processes.submit(calls.identity<unknown>, new SharedArrayBuffer(1)).exception()).toBeInstanceOf(TypeError)
  expect(processes.submit(calls.identity<unknown>, 1).result()).toBe(1)
})
