// The storm of test/task/cancel-storm.test.ts with real handlers, processes, sockets, files and pools: each taker of
// takers.fixture.ts is a kind of step, beside the steps of several coroutines, locks and semaphores.

import { census } from '@spindle/testing'
import fc from 'fast-check'
import { getHostLoop } from 'spindle'
import { expect, it } from 'vitest'
import { Storm, type StormProgram, stormsOf } from '../task/cancel-storm.fixture.ts'
import { STEPS, type Step } from '../task/storm-steps.fixture.ts'
import { randomCases, seed } from '../tooling/long-form.ts'
import { Outside, TAKERS } from './takers.fixture.ts'

it('a storm of cancellations leaves nothing open', { timeout: 14_400_000 }, async () => {
  const held = census()
  const outside = await Outside.start()
  const before = held.count()
  const taking = Object.entries(TAKERS).map(([name, take]): [string, Step] => [
    `${name} outside`,
    { run: () => take(outside) },
  ])
  const steps = { ...STEPS, ...Object.fromEntries(taking) }
  // All of these end by themselves. A Task that waits for an item of a queue need not.
  const programs = stormsOf(['lock', 'semaphore', 'bounded', ...Object.keys(steps)])
  const property = fc.asyncProperty(programs, async (program: StormProgram) => {
    const storm = new Storm(program, steps)
    getHostLoop().setExceptionHandler((_loop, { message, exception }) => storm.fault(`${message}: ${exception}`))
    await getHostLoop().createTask(storm.run())
    expect(storm.faults).toEqual([])
  })
  await fc.assert(property, { numRuns: randomCases(200, 20), seed })
  getHostLoop().setExceptionHandler(undefined)
  const left = (): object => {
    outside.closeConnections() // Node's own fetch keeps some
    const { sockets, files, processes } = held.count()
    const more = [sockets - before.sockets, files - before.files, processes - before.processes]
    return { more: more.map((count) => Math.max(0, count)), calls: outside.left() }
  }
  const nothing = { more: [0, 0, 0], calls: 0 }
  for (let look = 0; look < 500 && JSON.stringify(left()) !== JSON.stringify(nothing); look++) {
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(left()).toEqual(nothing)
  await outside.stop()
  held[Symbol.dispose]()
})
