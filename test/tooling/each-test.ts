// In each test file: Futures are compared by identity, since Vitest would iterate over them; and each test leaves no
// current loop to the next, which may be in another file, and nothing that continues on the host loop.

import { allTasks, sleep } from 'spindle'
import { ambient } from 'spindle/internal'
import { isFuture, setEventLoop } from 'spindle/more'
import { afterEach, expect } from 'vitest'

expect.addEqualityTesters([(a, b) => (isFuture(a) || isFuture(b) ? Object.is(a, b) : undefined)])

afterEach(async ({ task }) => {
  if (task.concurrent === true) return
  setEventLoop(undefined)
  const { hostLoop } = ambient
  if (hostLoop === undefined) return
  const { loop } = hostLoop
  if (!allTasks({ loop }).values().next().done) await loop.createTask(sleep(0)) // lets Tasks end that are about to
  const left = [...allTasks({ loop })].map((one) => `\n  ${one}`).join('')
  await hostLoop.close({ graceTime: 0, cleanUpLimit: 10_000 })
  if (left !== '') console.warn(`The test '${task.name}' left Tasks on the host loop, which were cancelled:${left}`)
})
