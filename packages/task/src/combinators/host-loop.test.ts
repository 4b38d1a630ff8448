// The host loop reports an exception after a turn of the host if nothing waited for its Task.

import type { Coroutine } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { sleep } from '../coroutines/sleep.ts'
import { getHostLoop } from '../run/host-loop.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { gather } from './gather.ts'
import { any } from './race.ts'
import { wait } from './wait.ts'

function* failing(): Coroutine<never> {
  yield* sleep(1)
  throw new Error('early')
}

const slow = (): Coroutine<string> => sleep(30, 'slow')

function* waited(): Coroutine<unknown> {
  const { done } = yield* wait([failing, slow].map((each) => createTask(each)))
  return [...done].map((task) => task.exception()).find((error) => error !== undefined)
}

describe('the host loop', () => {
  it.each([
    ['any()', () => any([failing, slow]), 'slow'],
    ['gather() with returnExceptions', () => gather([failing, slow], { returnExceptions: true }), 'Error: early,slow'],
    ['wait()', () => waited(), 'Error: early'],
  ])('does not report a failure that %s has taken while others still run', async (_name, start, expected) => {
    const loop = getHostLoop()
    const reports: string[] = []
    loop.setExceptionHandler((_loop, { message }) => reports.push(message))
    const result = await loop.createTask(function* () {
      return String(yield* start() as Coroutine<unknown>)
    })
    loop.setExceptionHandler(undefined)
    expect({ result, reports }).toEqual({ result: expected, reports: [] })
  })

  it('does not report a failure that a ready callback retrieves', async () => {
    const loop = getHostLoop()
    const reports: string[] = []
    loop.setExceptionHandler((_loop, { message }) => reports.push(message))
    await loop.createTask(function* () {
      const failed = loop.createFuture()
      failed.setException(new Error('early'))
      for (let n = 0; n < 10; n++) loop.callSoon(() => spin(30)) // the host has its turns between them
      failed.addDoneCallback(() => failed.exception())
      yield* sleep(400)
    })
    loop.setExceptionHandler(undefined)
    expect(reports).toEqual([])
  })
})

function spin(duration: number): void {
  for (const end = performance.now() + duration; performance.now() < end; );
}
