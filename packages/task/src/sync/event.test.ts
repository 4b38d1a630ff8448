import { inspect } from 'node:util'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { createTask, Event, sleep } from '../index.ts'

describe('Event', () => {
  it('prints whether it is set, and how many wait', function* () {
    const event = new Event()
    expect(String(event)).toBe('<Event [unset]>')
    const waiting = createTask(event.wait())
    yield* sleep(0)
    expect(inspect(event)).toBe('<Event [unset, waiters:1]>')
    event.set()
    expect(String(event)).toBe('<Event [set, waiters:1]>')
    yield* waiting
    expect(String(event)).toBe('<Event [set]>')
  })
})
