import { type Coroutine, RuntimeError } from '@spindle/loop'
import { run, runSync } from '@spindle/task'
import { afterAll, describe, expect, it, vi } from 'vitest'
import {
  BrokenProcessPool,
  Event,
  type Future,
  ProcessPoolExecutor,
  runInExecutor,
  sleep,
  TimeoutError,
} from '../index.ts'
import * as calls from './calls.fixture.ts'

vi.setConfig({ testTimeout: 20_000 }) // a process takes up to a second to start, if the machine is busy

const executor = new ProcessPoolExecutor(1)
afterAll(() => executor.shutdown())

describe('ProcessPoolExecutor', () => {
  // CPython: test_concurrent_futures.test_process_pool.ProcessPoolExecutorTest.test_idle_process_reuse_one
  it('calls functions of any kind in a process of its own, which it uses again', () => {
    const pids = [executor.submit(calls.pid).result(), executor.submit(calls.pid).result()]
    expect([pids[0] === pids[1], pids[0] === process.pid]).toEqual([true, false])
    const futures = [executor.submit(calls.later, 5, 'async'), executor.submit(calls.plainCoroutine, 5)]
    expect(futures.map((future) => future.result())).toEqual(['async', 'plain'])
  })

  it('serves while its thread blocks in something else', () => {
    const futures = Array.from({ length: 5 }, () => executor.submit(calls.add, 1))
    sleep(2000)
    expect(futures.every((future) => future.done())).toBe(true)
  })

  it('gives Futures that can be awaited by async code and in coroutines, in both kinds of run', async () => {
    function* main(): Coroutine<number> {
      return yield* runInExecutor(executor, calls.add, 1, 2)
    }
    expect([await executor.submit(calls.add, 1), await run(main()), runSync(main())]).toEqual([2, 3, 3])
  })

  // CPython: test_concurrent_futures.test_process_pool.ProcessPoolExecutorTest.test_map_chunksize
  it('maps, in chunks of any size', () => {
    const numbers = [...Array(40).keys()]
    const squares = numbers.map((n) => n * n)
    for (const chunksize of [6, 40, 1]) {
      expect([...executor.map(calls.multiply, numbers, numbers, { chunksize })]).toEqual(squares)
    }
    expect(() => executor.map(calls.multiply, numbers, numbers, { chunksize: -1 })).toThrow(RangeError)
  })

  // CPython: test_concurrent_futures.test_process_pool.ProcessPoolExecutorTest.test_traceback
  // CPython: test_concurrent_futures.test_deadlock.ExecutorDeadlockTest.test_error_during_func_exec_on_worker
  it('gives errors with their type, their fields, their cause and the stack over there', () => {
    const own = executor.submit(calls.fails, 'own').exception() as calls.OwnError
    expect([own, own.code]).toEqual([expect.any(calls.OwnError), 7])
    expect(own.stack).toMatch(/mine\n {4}at fails \(.*calls\.fixture\.ts/)
    expect(executor.submit(calls.fails, 'cause').exception()).toMatchObject({ cause: new RangeError('inner') })
  })

  // CPython: test_concurrent_futures.test_deadlock.ExecutorDeadlockTest.test_error_at_task_pickle
  // CPython: test_concurrent_futures.test_deadlock.ExecutorDeadlockTest.test_error_during_result_pickle_on_worker
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
      expect.stringMatching(/^TypeError: the args of isSet\(\) can't be sent to another process: what lies in shared/),
      expect.stringMatching(/^TypeError: the result of the call can't be sent back: .*could not be cloned/),
      expect.stringMatching(/^TypeError: the result of the call can't be sent back: what lies in shared memory/),
      expect.stringMatching(/^TypeError: the args of the call can't be sent to another process: .*not be cloned/),
    ])
    expect(executor.submit(calls.add, 1).result()).toBe(2)
  })

  // CPython: test_concurrent_futures.test_process_pool.ProcessPoolExecutorTest.test_killed_child
  // CPython: test_concurrent_futures.test_deadlock.ExecutorDeadlockTest.test_crash_during_func_exec_on_worker
  // CPython: test_concurrent_futures.test_deadlock.ExecutorDeadlockTest.test_exit_during_func_exec_on_worker
  it('breaks only the calls of processes that die, however they do', () => {
    const futures: Future<unknown>[] = [executor.submit(calls.leave, 3), executor.submit(calls.killOneself)]
    const fine = executor.submit(calls.add, 1)
    expect(futures.map((future) => String(future.exception()))).toEqual([
      'BrokenProcessPool: the process that ran leave() ended before the call did',
      'BrokenProcessPool: the process that ran killOneself() ended before the call did',
    ])
    expect(fine.result()).toBe(2)
  })

  it('asks a running call to stop, and kills its process after the grace time', () => {
    const asked = executor.submit(calls.untilAborted)
    expect([asked.cancel(), asked.result()]).toEqual([false, 'aborted: true true'])
    const strict = new ProcessPoolExecutor(1, { graceTime: 50 })
    const future = strict.submit(calls.computesForEver)
    expect(() => future.result(50)).toThrow(TimeoutError)
    future.cancel()
    expect(() => future.result()).toThrow(BrokenProcessPool)
    expect(strict.submit(calls.add, 1).result()).toBe(2)
    strict.shutdown()
  })

  // CPython: test_concurrent_futures.test_process_pool.ProcessPoolExecutorTest.test_max_tasks_per_child
  // CPython: test_concurrent_futures.test_process_pool.ProcessPoolExecutorTest.test_max_tasks_early_shutdown
  it('replaces a process after as many calls as are allowed', () => {
    const replacing = new ProcessPoolExecutor(1, { maxTasksPerChild: 2 })
    const futures = [1, 2, 3].map(() => replacing.submit(calls.pid))
    replacing.shutdown({ wait: true })
    const [first, second, third] = futures.map((future) => future.result(0))
    expect([first === second, second === third]).toEqual([true, false])
    expect(() => new ProcessPoolExecutor(1, { maxTasksPerChild: 0 })).toThrow('maxTasksPerChild must be >= 1, got 0')
    expect(() => new ProcessPoolExecutor(1, { maxTasksPerChild: 1.5 })).toThrow(TypeError)
  })

  // CPython: test_concurrent_futures.test_init.InitializerMixin.test_initializer
  it('prepares its processes by the initializer', () => {
    const prepared = new ProcessPoolExecutor(1, { initializer: calls.prepare, initargs: ['prepared'] })
    expect(prepared.submit(calls.whatIsPrepared).result()).toBe('prepared')
    prepared.shutdown()
  })

  // CPython: test_concurrent_futures.test_init.FailingInitializerMixin.test_initializer
  it('breaks when the initializer fails', () => {
    const broken = new ProcessPoolExecutor(1, { initializer: calls.failsToPrepare })
    const futures = [broken.submit(calls.add, 1), broken.submit(calls.add, 2)]
    for (const future of futures) expect(() => future.result()).toThrow(BrokenProcessPool)
    expect(() => broken.submit(calls.add, 1)).toThrow(BrokenProcessPool)
    broken.shutdown()
  })

  // CPython: test_concurrent_futures.test_shutdown.ProcessPoolShutdownTest.test_processes_terminate
  // CPython: test_concurrent_futures.test_shutdown.ProcessPoolShutdownTest.test_context_manager_shutdown
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
})
