import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventLoop } from './event-loop.ts'
import { Future } from './future.ts'
import { TaskList, type TaskNode } from './task-list.ts'

const loop = new EventLoop()

/** As much of a Task as the list looks at. */
function newNode(): TaskNode {
  return Object.assign(new Future({ loop }), { previousTask: undefined, nextTask: undefined }) as unknown as TaskNode
}

describe('TaskList', () => {
  it('is the same as a Set, whatever is added and removed', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 15 }), { maxLength: 100 }), (choices) => {
        const nodes = Array.from({ length: 16 }, newNode)
        const list = new TaskList()
        const model = new Set<TaskNode>()
        for (const choice of choices) {
          const node = nodes[choice] as TaskNode
          if (model.delete(node)) {
            list.remove(node)
          } else {
            model.add(node)
            list.add(node)
          }
          const [mine, theirs] = [[...list], [...model]]
          expect(mine.length === theirs.length && mine.every((each, n) => each === theirs[n])).toBe(true)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('keeps nothing of what was removed', () => {
    const list = new TaskList()
    const [one, two, three] = [newNode(), newNode(), newNode()]
    for (const node of [one, two, three]) list.add(node)
    list.remove(two)
    expect([two.previousTask, two.nextTask, one.nextTask === three, three.previousTask === one]).toEqual([
      undefined,
      undefined,
      true,
      true,
    ])
  })
})
