import { type Coroutine, createTask, currentTask, gather, runSync, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { stateOf } from '../commands/trees.ts'
import { Numbers } from '../recorder/numbers.ts'
import type { TaskState } from '../replay/frame.ts'
import { type Details, snapshot } from './snapshot.ts'

const count = longForm ? 100_000 : 5000

describe('snapshot()', () => {
  it('handles very many Tasks that one gather waits for, and looks up the lines of only a few', () => {
    runSync(
      (function* main(): Coroutine<void> {
        const me = currentTask()
        me?.setName('main')
        const children = Array.from({ length: count }, (_, n) => createTask(sleep(1000), { name: `child ${n}` }))
        const looking = createTask(
          (function* (): Coroutine<void> {
            const loops = me === undefined ? [] : [me.getLoop()]
            const numbers = new Numbers()
            const at = (details: Details): TaskState[] => [...stateOf(snapshot(loops, numbers, details)).tasks.values()]
            const tasks = at('lines')
            expect(tasks.length).toBe(count + 2)
            expect(tasks.find(({ name }) => name === 'main')?.waitsFor?.members.length).toBe(count)
            const placed = (found: TaskState[]): TaskState[] => found.filter(({ positions }) => positions.length > 0)
            expect(placed(tasks).length).toBeLessThanOrEqual(500)
            const named = placed(at({ linesOf: 'child 4321' }))
            expect(named.map(({ name }) => name)).toEqual(['child 4321'])
            for (const child of children) child.cancel()
          })(),
        )
        yield* gather(children, { returnExceptions: true })
        yield* looking
      })(),
    )
  })

  it('looks up the lines of a Task by the name that it is shown with: that of its function', () => {
    function* load(): Coroutine<void> {
      yield* sleep(1000)
    }
    runSync(
      (function* main(): Coroutine<void> {
        const tasks = [createTask(load()), createTask(load(), { name: 'other' })]
        yield* sleep(1)
        const { rows } = snapshot([tasks[0]!.getLoop()], new Numbers(), { linesOf: 'load' }).recording
        const found = rows.filter((row) => row.kind === 'suspended' && row.positions.length > 0)
        expect(found).toEqual([expect.objectContaining({ label: 'sleep(1000)' })])
        for (const task of tasks) task.cancel()
      })(),
    )
  })
})
