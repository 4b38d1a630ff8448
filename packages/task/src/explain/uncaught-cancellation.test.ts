import type { Coroutine } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { run } from '../run/run.ts'
import { runSync } from '../run/runner.ts'
import { currentTask } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'

function* download(): Coroutine<void> {
  yield* sleep(3000)
}

describe.each([
  ['run()', run],
  ['runSync()', async (main: Coroutine<void>) => runSync(main)],
] as const)('A CancelledError that leaves %s', (_name, runIt) => {
  const stackOf = (main: Coroutine<void>): Promise<string[]> =>
    runIt(main).then(
      () => ['no error'],
      (error: Error) => (error.stack ?? '').split('\n'),
    )

  it('names the cancelled Task, the canceller, the awaitable and the place', async () => {
    function* main(): Coroutine<void> {
      currentTask()?.setName('main')
      const task = createTask(download(), { name: 'download' })
      yield* sleep(1)
      task.cancel('too late')
      yield* task
    }
    expect(await stackOf(main())).toEqual([
      'CancelledError: too late',
      expect.stringMatching(/^ {4}at download \(.*uncaught-cancellation\.test\.ts:10:\d+\)$/),
      expect.stringMatching(
        /^ {4}task 'download', download\(\), was cancelled by main while it waited at .*uncaught-cancellation\.test\.ts:10 for sleep\(3000\)$/,
      ),
      expect.stringMatching(/^ {4}awaited by task 'main', main\(\) done, defined at .*$/),
    ])
  })

  it('says what cancelled the main Task itself', async () => {
    function* main(): Coroutine<void> {
      const task = currentTask()
      createTask(
        (function* () {
          task?.cancel()
        })(),
        { name: 'supervisor' },
      )
      yield* download()
    }
    expect(await stackOf(main())).toEqual([
      'CancelledError',
      expect.stringMatching(/^ {4}at download \(/),
      expect.stringMatching(/^ {4}at main \(/),
      expect.stringMatching(
        /^ {4}task '.*', main\(\), was cancelled by supervisor while it waited at .*uncaught-cancellation\.test\.ts:10 for sleep\(3000\)$/,
      ),
    ])
  })
})

it('A run with thousands of cancelled Tasks takes stacks of the first of them only', async () => {
  let stacks = 0
  await run(function* () {
    for (let i = 0; i < 300; i++) {
      const task = createTask(download())
      yield* sleep(0)
      task.cancel()
      try {
        yield* task
      } catch (error) {
        if ((error as Error).stack?.includes('\n')) stacks++
      }
    }
  })
  expect(stacks).toBe(100)
})
