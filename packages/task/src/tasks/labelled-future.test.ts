import { type Awaitable, DeadlockError, getRunningLoop } from '@spindle/loop'
import { inVirtualTime } from '@spindle/testing'
import { describe, expect, it } from 'vitest'
import { asCompleted } from '../combinators/as-completed.ts'
import { forEach } from '../combinators/for-each.ts'
import { shield } from '../combinators/shield.ts'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { runSync } from '../run/runner.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { createTask } from './ensure-future.ts'

describe('a Task that waits', () => {
  it.each([
    ['wait(1)', (task) => wait([task])],
    ['shield(inner)', (task) => shield(task)],
    ['asCompleted(1)', (task) => forEach(asCompleted([task]), function* () {})],
    [
      'TaskGroup(2)',
      () =>
        taskGroup(function* (group) {
          group.createTask(sleep(10))
          group.createTask(sleep(10))
        }),
    ],
  ] satisfies [string, (task: ReturnType<typeof createTask<void>>) => Awaitable<unknown>][])(
    'is printed with what it waits for: %s',
    inVirtualTime(function* (label, awaiting) {
      const inner = createTask(sleep(10), { name: 'inner' })
      const task = createTask(
        (function* () {
          yield* awaiting(inner)
        })(),
      )
      yield* sleep(1)
      expect(String(task)).toContain(` wait_for=<Future pending for=${label} cb=[Task.task_wakeup()]>`)
      yield* task
    }),
  )

  it('names it in a DeadlockError', () => {
    const main = (function* () {
      yield* wait([getRunningLoop().createFuture()])
    })()
    let error: unknown
    try {
      runSync(main)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(DeadlockError)
    expect(String(error)).toMatch(/ waits for wait\(1\)$/)
  })
})
