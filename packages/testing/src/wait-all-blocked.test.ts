import { type Coroutine, createTask, gather, getRunningLoop, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { explore } from './explore/explore.ts'
import { inVirtualTime } from './in-virtual-time.ts'
import { waitAllBlocked } from './wait-all-blocked.ts'

describe('waitAllBlocked()', () => {
  it(
    'waits until the others wait, be it for time, and lets no time pass',
    inVirtualTime(function* () {
      const log: string[] = []
      function* worker(naps: number): Coroutine<void> {
        for (let n = 0; n < naps; n++) yield* sleep(0)
        log.push(`${naps} naps`)
        yield* sleep(10)
        log.push('too late')
      }
      const tasks = [createTask(worker(3)), createTask(worker(7))]
      yield* waitAllBlocked()
      expect({ log, time: getRunningLoop().time() }).toEqual({ log: ['3 naps', '7 naps'], time: 0 })
      for (const task of tasks) task.cancel()
    }),
  )

  it('may be called by several Tasks at once, even if a caller is cancelled', async () => {
    await explore(function* main(): Coroutine<void> {
      const tasks = ['a', 'b', 'c'].map((name) => createTask(waitAllBlocked(), { name }))
      yield* gather(tasks, { returnExceptions: true })
    })
  })
})
