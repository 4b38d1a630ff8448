import fc from 'fast-check'
import { type Coroutine, createTask, getRunningLoop, Lock, runSync, sleep } from 'spindle'
import { expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { snapshot } from '../node/snapshot.ts'
import { Numbers } from '../recorder/numbers.ts'
import { deadlocks } from '../replay/diagnose.ts'
import { actions, recorded } from '../replay/random-programs.fixture.ts'
import { type ReplayState, shownReplay } from '../replay/replay.ts'
import { formatTree, stateOf } from './trees.ts'

function treeOf(state: ReplayState): string {
  return formatTree(state, deadlocks(state))
}

// At the other events the loop is about to make the row true: it adds a new Task to its list, or has a Task wait,
// become ready or end. The next of these rows shows that, because each tree has all Tasks.
const EVENTS = ['task:step', 'task:cancelling', 'task:uncancelled', 'task:done'] as const

it('the tree of a running program is that of its recording at each row, in random programs', () => {
  const compared = new Map<string, number>()
  let joined = 0
  fc.assert(
    fc.property(actions, (program) => {
      const numbers = new Numbers()
      const live: [row: number, tree: string][] = []
      const { recording } = recorded(program, (recorder) => {
        const loop = getRunningLoop()
        numbers.past.watch(loop)
        const look = (): void =>
          void live.push([recorder.length - 1, treeOf(stateOf(snapshot([loop], numbers, 'names')))])
        look()
        for (const name of EVENTS) loop.events.on(name, look)
      })
      const { rows } = recording
      const run = shownReplay(recording)
      for (const [row, tree] of live) {
        const { kind } = rows[row]!
        expect(`${row}\n${treeOf(run.at(row))}`).toBe(`${row}\n${tree}`)
        compared.set(kind, (compared.get(kind) ?? 0) + 1)
      }
      joined += rows.filter(({ kind }) => kind === 'joined').length
    }),
    { numRuns: longForm ? 1000 : 200 },
  )
  expect([...compared.keys()]).toEqual(expect.arrayContaining(['step', 'cancelling', 'taken-back', 'done']))
  expect(joined, 'Tasks that joined a group while it was waited for').toBeGreaterThan(0)
})

it('a deadlock of a running program names who holds which lock', () => {
  const numbers = new Numbers()
  function* transfer(a: Lock, b: Lock): Coroutine<void> {
    yield* a.acquire()
    yield* sleep(0)
    yield* b.acquire()
  }
  function* main(): Coroutine<string> {
    const loop = getRunningLoop()
    const stop = numbers.past.watch(loop)
    const [users, orders] = [new Lock(), new Lock()]
    const tasks = [
      createTask(transfer(users, orders), { name: 'A' }),
      createTask(transfer(orders, users), { name: 'B' }),
    ]
    yield* sleep(10)
    const tree = treeOf(stateOf(snapshot([loop], numbers, 'names')))
    for (const task of tasks) task.cancel()
    stop()
    return tree
  }
  expect(runSync(main())).toContain(
    'DEADLOCK: A waits for Lock 2, held by B; B waits for Lock 1, held by A: none of them can continue.\n┌▶ A #2',
  )
})
