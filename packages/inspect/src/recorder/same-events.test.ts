import {
  type Coroutine,
  type EventLoop,
  ensureFuture,
  gather,
  newEventLoop,
  run,
  runSync,
  sleep,
  VirtualClock,
} from 'spindle'
import type { LoopEventMap } from 'spindle/tools'
import { expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'

const NAMES: readonly (keyof LoopEventMap)[] = [
  'task:step',
  'task:suspended',
  'task:cancelling',
  'task:done',
  'future:done',
  'turn',
]

function observed(log: string[]): EventLoop {
  const loop = newEventLoop({ clock: new VirtualClock() })
  for (const name of NAMES) {
    loop.events.on(name, ((event: LoopEventMap['turn']) => {
      log.push(`${event.sequence} ${event.time} ${name}${name === 'turn' ? ` ${event.handles} ${event.idle}` : ''}`)
    }) as never)
  }
  return loop
}

function* program(computes: number): Coroutine<void> {
  function* worker(): Coroutine<void> {
    for (let n = 0; n < 4; n++) {
      const end = performance.now() + computes
      while (performance.now() < end) {}
      yield* sleep(n % 2)
    }
  }
  const task = ensureFuture(worker())
  yield* gather([worker(), worker()])
  task.cancel()
  yield* sleep(5)
}

it('a program in virtual time has the same events under run() and runSync(), however long it computes', async () => {
  const first: string[] = []
  runSync(program(0), { loopFactory: () => observed(first) })
  expect(first.length).toBeGreaterThan(40)
  for (let round = 0; round < (longForm ? 40 : 8); round++) {
    const computes = (round % 4) * 2
    const log: string[] = []
    if (round % 8 < 4) await run(program(computes), { loopFactory: () => observed(log) })
    else runSync(program(computes), { loopFactory: () => observed(log) })
    expect(log).toEqual(first)
  }
})
