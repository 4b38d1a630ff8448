import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { within } from './within.ts'

it('does not count the time in which its thread did not run', async () => {
  const answer = within(100, setImmediate('answer')) // it is there in the next turn
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500)
  expect(await answer).toBe('answer')
})

it('resolves with undefined when its time is over', async () => {
  expect(await within(10, new Promise(() => {}))).toBeUndefined()
})
