import { getEventLoop, RuntimeError, sleep, Task } from 'spindle'
import { expect, it } from 'vitest'

// In this order: files share a process, so what one test leaves would reach the tests of other files, too.
it('a test may leave a current loop', () => {
  expect(getEventLoop()).toBe(getEventLoop())
})

it('and the next test has none', () => {
  expect(() => new Task(sleep(0))).toThrow(RuntimeError)
})
