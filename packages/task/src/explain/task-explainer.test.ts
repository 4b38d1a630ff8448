import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { gatherMap } from '../combinators/gather-map.ts'
import { shield } from '../combinators/shield.ts'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { createTask } from '../tasks/ensure-future.ts'

/** The labels of the waits that a stop report of this program lists after 1 ms, besides this one. */
function* waits(program: () => Coroutine<unknown>): Coroutine<(string | undefined)[]> {
  const loop = getRunningLoop()
  const main = createTask(program())
  yield* sleep(1)
  const tasks = [...loop.tasks].filter((task) => task !== loop.currentTask)
  const listed = loop.explainer?.describeWaits(tasks) ?? []
  for (const task of tasks) task.cancel()
  yield* wait([main, ...tasks])
  return listed.map((each) => each.replace(/ (?:at|in task) \S+$/, ''))
}

describe('the waits of a stop report', () => {
  const nap = (n: number): Coroutine<void> => sleep(n * 1000)

  it('are those of a group, and that of its block while it waits for something else', function* () {
    const nested = function* (): Coroutine<void> {
      yield* taskGroup((group) => {
        group.createTask(nap(1))
        group.createTask(taskGroup((inner) => void inner.createTask(nap(2))))
        return nap(3)
      })
    }
    expect(yield* waits(nested)).toEqual(['sleep(3000)', 'sleep(1000)', 'sleep(2000)'])
  })

  it('are those of the members of gather, wait, shield and gatherMap, not of the Task that waits for them', function* () {
    const all = function* (): Coroutine<void> {
      yield* gather([gather([nap(1), nap(2)]), shield(nap(3)), wait([createTask(nap(4))]), gatherMap([5, 6], nap)])
    }
    expect(yield* waits(all)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `sleep(${n}000)`))
  })
})
