import fc from 'fast-check'
import { getRunningLoop } from 'spindle'
import { expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { snapshot } from '../node/snapshot.ts'
import { Numbers } from '../recorder/numbers.ts'
import { actions, recorded } from '../replay/random-programs.fixture.ts'
import { shownReplay } from '../replay/replay.ts'
import { formatTree, stateOf } from './trees.ts'

// At the others a Task is between two states: it has suspended or ended, and is still the current one.
const EVENTS = ['task:step', 'task:cancelling'] as const

it('the tree of a running program is that of its recording before each step and at each cancellation request, in random programs', () => {
  let compared = 0
  fc.assert(
    fc.property(actions, (program) => {
      const numbers = new Numbers()
      const live: [row: number, tree: string][] = []
      const { recording } = recorded(program, (recorder) => {
        const loop = getRunningLoop()
        const look = (): void =>
          void live.push([recorder.length - 1, formatTree(stateOf(snapshot([loop], numbers, 'names')))])
        look()
        for (const name of EVENTS) loop.events.on(name, look)
      })
      const run = shownReplay(recording)
      for (const [row, tree] of live) expect(`${row}\n${formatTree(run.at(row))}`).toBe(`${row}\n${tree}`)
      compared += live.length
    }),
    { numRuns: longForm ? 1000 : 50 },
  )
  expect(compared).toBeGreaterThan(longForm ? 1000 : 50)
})
