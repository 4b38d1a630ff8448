import { RuntimeError } from '@spindle/loop'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { blockUntil } from '../futures/block-until.fixture.ts'
import * as calls from '../futures/calls.fixture.ts'
import {
  BrokenProcessPool,
  Event,
  type Future,
  ProcessPoolExecutor,
  sleep,
  ThreadPoolExecutor,
  TimeoutError,
} from '../index.ts'

// Most tests share one process, which they find prepared.
const executor = new ProcessPoolExecutor(1, { initializer: calls.prepare, initArgs: ['prepared'] })
afterAll(() => executor.shutdown())

describe('ProcessPoolExecutor', () => {
  it('calls functions of any kind in a separate process, which it reuses', () => {
    const pids = [executor.submit(calls.pid).result(), executor.submit(calls.pid).result()]
    expect({ isSameProcess: pids[0] === pids[1], isOwnProcess: pids[0] === process.pid }).toEqual({
      isSameProcess: true,
      isOwnProcess: false,
    })
    const futures = [executor.submit(calls.later, 5, 'async'), executor.submit(calls.plainCoroutine, 5)]
    expect(futures.map((future) => future.result())).toEqual(['async', 'plain'])
  })

  it('has as many processes as needed, and no more than allowed', () => {
    const pool = new ProcessPoolExecutor(2)
    const few = [1, 2, 3].map(() => pool.submit(calls.pid).result())
    expect(new Set(few).size).toBe(1)
    const many = Array.from({ length: 30 }, () => pool.submit(calls.pid)).map((future) => future.result())
    expect(new Set([...few, ...many]).size).toBe(2)
    pool.shutdown()
  })

  it('fails the calls whose process cannot be started', () => {
    const pool = new ProcessPoolExecutor(2)
    vi.stubEnv('NODE_OPTIONS', '--no-such-option')
    try {
      const futures = Array.from({ length: 5 }, () => pool.submit(calls.pid))
      for (const future of futures) expect(future.exception()).toBeInstanceOf(BrokenProcessPool)
    } finally {
      vi.unstubAllEnvs()
    }
    expect(pool.submit(calls.add, 1).result()).toBe(2)
    pool.shutdown()
  })

  it('passes the arguments of the program to its processes, as to threads', () => {
    const [pool, threads] = [new ProcessPoolExecutor(1), new ThreadPoolExecutor(1)]
    const { argv } = process
    process.argv = ['node', 'program', '--wait', '100']
    try {
      const asked = [pool.submit(calls.commandLine), threads.submit(calls.commandLine)]
      expect(asked.map((future) => future.result())).toEqual(Array(2).fill(['--wait', '100']))
    } finally {
      process.argv = argv
    }
    pool.shutdown()
    threads.shutdown()
  })

  it('serves while its thread blocks in something else', () => {
    const futures = Array.from({ length: 5 }, () => executor.submit(calls.add, 1))
    blockUntil(() => futures.every((future) => future.done()))
  })

  it('maps, in chunks of any size', () => {
    const numbers = [...Array(40).keys()]
    const squares = numbers.map((n) => n * n)
    for (const chunkSize of [6, 40, 1]) {
      expect([...executor.map(calls.multiply, numbers, numbers, { chunkSize })]).toEqual(squares)
    }
    expect(() => executor.map(calls.multiply, numbers, numbers, { chunkSize: -1 })).toThrow(RangeError)
  })

  it('returns errors with their type, their fields, their cause and the stack of the process', () => {
    const own = executor.submit(calls.fails, 'own').exception() as calls.OwnError
    expect([own, own.code]).toEqual([expect.any(calls.OwnError), 7])
    expect(own.stack).toMatch(/mine\n {4}at fails \(.*calls\.fixture\.ts/)
    expect(executor.submit(calls.fails, 'cause').exception()).toMatchObject({ cause: new RangeError('inner') })
  })

  it('fails the one call whose arguments or result cannot be sent', () => {
    const log = [
      executor.submit(calls.identity<unknown>, () => {}),
      executor.submit(calls.isSet, new Event()),
      executor.submit(calls.givesFunction),
      executor.submit(calls.makeEvent),
      executor.submit(calls.identity<unknown>, new SharedArrayBuffer(4)),
    ].map((future) => String(future.exception()))
    expect(log).toEqual([
      expect.stringMatching(/^TypeError: the args of identity\(\) can't be sent to another process: .*not be cloned/),
      expect.stringMatching(/^TypeError: the args of isSet\(\) can't be sent to another process: an object in shared/),
      expect.stringMatching(/^TypeError: the result of the call can't be sent back: .*could not be cloned/s),
      expect.stringMatching(/^TypeError: the result of the call can't be sent back: an object in shared memory/),
      expect.stringMatching(/^TypeError: the args of identity\(\) can't be sent to another process: .*not be cloned/),
    ])
    expect(executor.submit(calls.add, 1).result()).toBe(2)
  })

  it('breaks only the calls of processes that die, however they do', () => {
    const futures: Future<unknown>[] = [executor.submit(calls.leave, 3), executor.submit(calls.killOneself)]
    const fine = executor.submit(calls.add, 1)
    expect(futures.map((future) => String(future.exception()))).toEqual([
      'BrokenProcessPool: the process that ran leave() ended before the call did: exit code 3',
      'BrokenProcessPool: the process that ran killOneself() ended before the call did: SIGKILL',
    ])
    expect(fine.result()).toBe(2)
  })

  it.runIf(longForm)(
    'names the signal that ended a process, even if a call could not be sent to it any more',
    () => {
      for (let delay = 0; delay < 12; delay++) {
        const pool = new ProcessPoolExecutor(1)
        process.kill(pool.submit(calls.pid).result(), 'SIGKILL')
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delay)
        const error = pool.submit(calls.add, 1).exception() // none if a new process ran it
        if (error !== undefined) expect(String(error)).toContain('ended before the call did: SIGKILL')
        pool.shutdown()
      }
    },
    120_000,
  )

  it('requests a running call to stop, and kills its process after the grace time', () => {
    const asked = executor.submit(calls.untilAborted)
    while (!asked.running()) sleep(1)
    expect({ cancelled: asked.cancel(), result: asked.result() }).toEqual({
      cancelled: false,
      result: 'aborted: true true',
    })
    const strict = new ProcessPoolExecutor(1, { graceTime: 50 })
    const future = strict.submit(calls.computesForEver)
    expect(() => future.result({ timeout: 50 })).toThrow(TimeoutError)
    while (!future.running()) sleep(1)
    future.cancel()
    expect(() => future.result()).toThrow(BrokenProcessPool)
    expect(strict.submit(calls.add, 1).result()).toBe(2)
    strict.shutdown()
  })

  it('requests a computing call to stop that never waits', () => {
    const future = executor.submit(calls.computesUntilStopped)
    while (!future.running()) sleep(1)
    expect({ cancelled: future.cancel(), result: future.result() }).toEqual({ cancelled: false, result: 'stopped' })
    expect(() => executor.with({ timeout: 1 }).submit(calls.computesUntilStopped).result()).toThrow(TimeoutError)
    expect(executor.submit(calls.add, 1).result()).toBe(2)
  })

  it('ends its processes when it is terminated, or not done in time', () => {
    const pools = [new ProcessPoolExecutor(1), new ProcessPoolExecutor(1)]
    const futures = pools.map((pool) => pool.submit(calls.blocksForEver))
    while (!futures.every((future) => future.running())) sleep(1)
    pools[0]?.terminate()
    pools[0]?.shutdown()
    pools[1]?.shutdown({ timeout: 10 })
    for (const future of futures)
      expect(String(future.exception({ timeout: 0 }))).toMatch(/^BrokenProcessPool: .* SIGKILL$/)
  })

  it('replaces a process after as many calls as are allowed', () => {
    const replacing = new ProcessPoolExecutor(1, { maxTasksPerChild: 2 })
    const futures = [1, 2, 3].map(() => replacing.submit(calls.pid))
    replacing.shutdown({ wait: true })
    const [first, second, third] = futures.map((future) => future.result({ timeout: 0 }))
    expect({ firstIsSecond: first === second, secondIsThird: second === third }).toEqual({
      firstIsSecond: true,
      secondIsThird: false,
    })
    expect(() => new ProcessPoolExecutor(1, { maxTasksPerChild: 0 })).toThrow('maxTasksPerChild must be >= 1, got 0')
    expect(() => new ProcessPoolExecutor(1, { maxTasksPerChild: 1.5 })).toThrow(TypeError)
  })

  it('prepares its processes by the initializer', () => {
    expect(executor.submit(calls.whatIsPrepared).result()).toBe('prepared')
    expect(executor.submit(calls.leave, 0).exception()).toBeInstanceOf(BrokenProcessPool)
    expect(executor.submit(calls.whatIsPrepared).result()).toBe('prepared')
  })

  it('breaks when the initializer fails', () => {
    const broken = new ProcessPoolExecutor(1, { initializer: calls.failsToPrepare })
    const futures = [broken.submit(calls.add, 1), broken.submit(calls.add, 2)]
    for (const future of futures) expect(() => future.result()).toThrow(BrokenProcessPool)
    expect(() => broken.submit(calls.add, 1)).toThrow(BrokenProcessPool)
    broken.shutdown()
  })

  it('runs further calls after a call that has removed all listeners of its process', async () => {
    const pool = new ProcessPoolExecutor(1)
    await pool.submit(calls.removesListeners)
    expect(await pool.submit(calls.removesListeners)).toBe(undefined)
    pool.shutdown()
  })

  it('says why no process can be started', async () => {
    const pool = new ProcessPoolExecutor(1, { execArgv: ['--title=\0'] })
    const tried = await Promise.allSettled([pool.submit(calls.pid), pool.submit(calls.pid)])
    for (const one of tried) {
      expect(one).toEqual({ status: 'rejected', reason: expect.any(BrokenProcessPool) })
      expect(one).toHaveProperty('reason.message', expect.stringMatching(/ended before the call did: .*null bytes/))
    }
    pool.shutdown()
  })

  it('does not start if the arguments of the initializer cannot be sent, or can only be shared by threads', () => {
    const shared =
      "an object in shared memory (an Event, a Lock, a Queue, …) can't be sent to a process, nor through a Queue"
    const given: [unknown, string][] = [
      [Symbol.iterator, 'Symbol(Symbol.iterator) could not be cloned.'],
      [{ deep: new Event() }, shared],
      [new MessageChannel().port1, shared],
      [new SharedArrayBuffer(1), '#<SharedArrayBuffer> could not be cloned.'],
    ]
    for (const [value, reason] of given) {
      const pool = new ProcessPoolExecutor(1, { initializer: calls.identity<unknown>, initArgs: [value] })
      expect(() => pool.submit(calls.add, 1)).toThrow(
        new TypeError(`initArgs can't be sent to another process: ${reason}`),
      )
      pool.shutdown()
    }
  })

  it('ends its processes when it is shut down', async () => {
    let pid = 0
    {
      await using pool = new ProcessPoolExecutor(1)
      pid = await pool.submit(calls.pid)
    }
    expect(() => process.kill(pid, 0)).toThrow('ESRCH')
    const ended = new ProcessPoolExecutor(1)
    ended.shutdown()
    expect(() => ended.submit(calls.pid)).toThrow(new RuntimeError('cannot schedule new futures after shutdown'))
    expect(() => new ProcessPoolExecutor(0)).toThrow(RangeError)
  })
  it('on request, cancels calls that have not started when it is shut down', () => {
    const pool = new ProcessPoolExecutor(1)
    const [first, ...others] = [1, 2, 3].map((n) => pool.submit(calls.later, 20, n))
    pool.shutdown({ cancelFutures: true })
    expect(first?.result({ timeout: 0 })).toBe(1)
    expect({ cancelled: others.filter((future) => future.cancelled()).length }).toEqual({ cancelled: 2 })
  })

  it('does all calls that it was given before a shutdown that does not wait, and ends its processes then', async () => {
    const pool = new ProcessPoolExecutor(2)
    const results = pool.map(calls.add, [1, 2, 3])
    const pids = [pool.submit(calls.pid), pool.submit(calls.pid)]
    pool.shutdown({ wait: false })
    expect([...results]).toEqual([2, 3, 4])
    await pool.ended()
    for (const pid of pids) expect(() => process.kill(pid.result(), 0)).toThrow('ESRCH')
  })

  it.each(longForm ? [1, 2, 4] : [2])(
    'replaces processes after a shutdown that does not wait, too (%i workers)',
    async (workers) => {
      const pool = new ProcessPoolExecutor(workers, { maxTasksPerChild: 1 })
      const futures = [
        pool.submit(calls.later, 1, 'one'),
        pool.submit(calls.failsAfter, 2),
        pool.submit(calls.later, 3, 'two'),
      ]
      expect(futures[0]?.result()).toBe('one')
      pool.shutdown({ wait: false })
      await pool.ended()
      expect(futures[1]?.exception({ timeout: 0 })).toEqual(new RangeError('after 2 ms'))
      expect(futures[2]?.result({ timeout: 0 })).toBe('two')
    },
  )
})

describe('the channel of a process', () => {
  it.each([
    null,
    7,
    { kind: 'error', id: 1 },
    { kind: 'result', id: 1, value: { value: 'forged' } },
    ['', 'listening'],
  ])('is open to its functions: %j is neither the end of the pool nor a result', (message) => {
    expect(executor.submit(calls.sendsToParent, message, 'real').result()).toBe('real')
    expect(executor.submit(calls.add, 1, 2).result()).toBe(3)
  })
})
