import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { TaskNode } from './face/task.ts'
import { TaskList } from './face/task-list.ts'
import { Future } from './futures/future.ts'
import { newLoop } from './new-loop.fixture.ts'

const loop = newLoop()

/** As much of a Task as the list looks at. */
function newNode(): TaskNode {
  return Object.assign(new Future({ loop }), { listIndex: 0 }) as unknown as TaskNode
}

describe('TaskList', () => {
  it('behaves like a Set for random additions and removals', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 15 }), { maxLength: 100 }), (choices) => {
        const nodes = Array.from({ length: 16 }, newNode)
        const list = new TaskList<TaskNode>()
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

  it('uses at most two places for each Task, in whatever order a hundred thousand end', () => {
    for (const order of [(nodes: TaskNode[]) => nodes, (nodes: TaskNode[]) => nodes.toReversed()]) {
      const list = new TaskList<TaskNode>()
      const nodes = Array.from({ length: 100_000 }, newNode)
      for (const node of nodes) list.add(node)
      for (const node of order(nodes).slice(100)) list.remove(node)
      const left = [...list]
      expect(left.length).toBe(100)
      expect(Math.max(...left.map(({ listIndex }) => listIndex))).toBeLessThan(200)
    }
  })
})
