import type { Coroutine } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { asCompleted } from './combinators/as-completed.ts'
import { gather } from './combinators/gather.ts'
import { gatherMap } from './combinators/gather-map.ts'
import { wait } from './combinators/wait.ts'
import { sleep } from './coroutines/sleep.ts'
import { run } from './run/run.ts'
import { runSync } from './run/runner.ts'
import { taskGroup } from './scopes/task-group.ts'
import { PriorityQueue } from './sync/priority-queue.ts'
import { Queue } from './sync/queue.ts'
import { createTask, ensureFuture } from './tasks/ensure-future.ts'
import { newEventLoop } from './tasks/new-event-loop.ts'

/** Calls all that takes options with one that does not exist, and gives what they say. */
async function refusals(): Promise<Record<string, string>> {
  const wrong = { limit: 4 } as never
  const inLoop: Record<string, () => unknown> = {
    createTask: () => createTask(sleep(0), wrong),
    ensureFuture: () => ensureFuture(sleep(0), wrong),
    gather: () => gather([], wrong),
    gatherMap: () => gatherMap([], () => sleep(0), wrong),
    wait: () => wait([], wrong),
    asCompleted: () => asCompleted([], wrong),
    newEventLoop: () => newEventLoop(wrong),
    runSync: () => runSync(sleep(0), wrong),
    PriorityQueue: () => new PriorityQueue(0, wrong),
    'queue.shutdown': () => new Queue().shutdown(wrong),
    null: () => new Queue().shutdown(null as never),
  }
  const said: Record<string, string> = {}
  function* main(): Coroutine<void> {
    for (const [name, call] of Object.entries(inLoop)) {
      try {
        call()
        said[name] = 'accepted'
      } catch (error) {
        said[name] = String(error)
      }
    }
    yield* taskGroup((group) => {
      inLoop['group.createTask'] = () => group.createTask(sleep(0), wrong)
      expect(inLoop['group.createTask']).toThrow('createTask() has no option `limit`')
    })
  }
  await run(main())
  said['run'] = await run(sleep(0), wrong).then(String, String)
  return said
}

describe('An option that does not exist', () => {
  it('is refused by name wherever there are options: it would be ignored silently', async () => {
    expect(await refusals()).toEqual({
      createTask: 'TypeError: createTask() has no option `limit`. It has `name`, `context`, `eagerStart`',
      ensureFuture: 'TypeError: ensureFuture() has no option `limit`. It has `loop`',
      gather: 'TypeError: gather() has no option `limit`. It has `returnExceptions`',
      gatherMap: 'TypeError: gatherMap() has no option `limit`. It has `concurrency`, `returnExceptions`',
      wait: 'TypeError: wait() has no option `limit`. It has `timeout`, `returnWhen`',
      asCompleted: 'TypeError: asCompleted() has no option `limit`. It has `timeout`',
      newEventLoop: 'TypeError: newEventLoop() has no option `limit`. It has `clock`, `debug`',
      runSync: expect.stringMatching('^TypeError: runSync\\(\\) has no option `limit`'),
      PriorityQueue: 'TypeError: PriorityQueue has no option `limit`. It has `compare`',
      'queue.shutdown': 'TypeError: shutdown() has no option `limit`. It has `immediate`',
      null: 'TypeError: the options of shutdown() must be an object, got null',
      run: expect.stringMatching('^TypeError: run\\(\\) has no option `limit`'),
    })
  })
})
