// What a Task is named after, throws or returns may come from a stranger.

import type { Coroutine, ExceptionGroup } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect, vi } from 'vitest'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { runSync } from '../run/runner.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { timeout } from '../scopes/timeout.ts'
import { createTask } from './ensure-future.ts'
import { newEventLoop } from './new-event-loop.ts'

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  return proxy
}

class Hostile extends Error {
  override get name(): string {
    throw new Error('no name')
  }
  override get message(): string {
    throw new Error('no message')
  }
  override get stack(): string {
    throw new Error('no stack')
  }
}

describe.each([
  { what: 'A revoked Proxy', thrown: revoked },
  { what: 'An error whose fields throw when they are read', thrown: () => Object.create(Hostile.prototype) as Error },
])('$what, thrown by a Task,', ({ thrown: make }) => {
  const thrown = make()
  function* fails(): Coroutine<void> {
    yield* sleep(1)
    throw thrown
  }
  function* cleansUp(): Coroutine<void> {
    try {
      yield* sleep(1000)
    } finally {
      yield* fails()
    }
  }

  it('is the exception of that Task, also from its clean-up, and the run continues', function* () {
    const tasks = [createTask(fails), createTask(timeout(1, cleansUp)), createTask(sleep(10, 'the other'))] as const
    yield* wait(tasks)
    for (const failed of tasks.slice(0, 2)) expect(failed.exception() === thrown).toBe(true)
    expect(tasks[2].result()).toBe('the other')
  })

  it('passes through timeout() and taskGroup()', function* () {
    const group = taskGroup((group) => void group.createTask(timeout(100, fails)))
    const error = (yield* outcome(group)) as ExceptionGroup
    expect(error.exceptions[0] === thrown).toBe(true)
  })

  it('is reported if it is never retrieved', () => {
    const reports: [string, string][] = []
    const loop = newEventLoop()
    loop.setExceptionHandler((_loop, { message, future }) => reports.push([message, String(future)]))
    function* main(): Coroutine<void> {
      createTask(fails, { name: 'never awaited' })
      yield* sleep(10)
    }
    runSync(main(), { loopFactory: () => loop })
    const printed = expect.stringMatching(/^<Task finished name='never awaited' .* exception=<.* cannot be printed>>$/)
    expect(reports).toEqual([['Task exception was never retrieved', printed]])
  })
})

describe('The report about a Task', () => {
  function printed(run: () => void): string {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    try {
      run()
      return error.mock.calls.map(([text]) => String(text)).join('\n')
    } finally {
      error.mockRestore()
    }
  }

  it('has no line forged by its name', () => {
    const name = 'request\n2026-01-01 INFO admin logged in\x1b[2J'
    const text = printed(() => {
      function* main(): Coroutine<void> {
        function maker(): void {
          createTask(Object.defineProperty(fails, 'name', { value: name })(), { name })
        }
        Object.defineProperty(maker, 'name', { value: name })()
        yield* sleep(0)
        yield* sleep(0)
      }
      function* fails(): Coroutine<void> {
        throw Object.assign(new Error('it failed'), { name })
      }
      runSync(main(), { debug: true })
    })
    expect(text).toContain("name='request\\n2026-01-01 INFO admin logged in\\x1b[2J'")
    expect(text.split('\n').filter((line) => line.startsWith('2026') || line.includes('\x1b'))).toEqual([])
  })

  it('is short and quick for a group with thousands of failed members', () => {
    const text = printed(() => {
      function* child(n: number): Coroutine<void> {
        yield* sleep(0)
        throw new Error(`line ${n} is not valid`)
      }
      function* main(): Coroutine<void> {
        const request = createTask(
          taskGroup(function* (group) {
            for (let n = 0; n < 5000; n++) group.createTask(child(n))
          }),
          { name: 'request' },
        )
        while (!request.done()) yield* sleep(0)
      }
      runSync(main())
    })
    expect(text).toContain("name='request'")
    expect(text).toContain('and 4985 more exceptions')
    expect(text.length).toBeLessThan(50_000)
  })
})
