// What a Task is named after, throws or returns may come from a stranger.

import { type Coroutine, type ExceptionContext, ExceptionGroup } from '@spindle/loop'
import { describe, expect, it, vi } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { sleep } from '../coroutines/sleep.ts'
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

describe('A revoked Proxy that a Task throws', () => {
  function* fails(thrown: unknown): Coroutine<void> {
    yield* sleep(1)
    throw thrown
  }

  it('is the exception of that Task, and the run continues', () => {
    const thrown = revoked()
    function* main(): Coroutine<unknown[]> {
      const outcomes: unknown[] = yield* gather([createTask(fails(thrown)), sleep(10, 'the other')], {
        returnExceptions: true,
      })
      return [outcomes[0] === thrown, outcomes[1]]
    }
    expect(runSync(main())).toEqual([true, 'the other'])
  })

  it('passes through timeout() and taskGroup(), and is reported if it is never retrieved', () => {
    const thrown = revoked()
    const reports: ExceptionContext[] = []
    const loopFactory = (): ReturnType<typeof newEventLoop> => {
      const loop = newEventLoop()
      loop.setExceptionHandler((_loop, context) => reports.push(context))
      return loop
    }
    function* main(): Coroutine<unknown> {
      createTask(fails(thrown), { name: 'never awaited' })
      try {
        yield* taskGroup(function* (group) {
          group.createTask(timeout(100, () => fails(thrown)))
        })
        return 'no error'
      } catch (error) {
        return error instanceof ExceptionGroup && error.exceptions[0] === thrown
      }
    }
    expect(runSync(main(), { loopFactory })).toBe(true)
    expect(reports.map(({ message, future }) => [message, String(future)])).toEqual([
      [
        'Task exception was never retrieved',
        expect.stringMatching(/^<Task finished name='never awaited' .* exception=<object that cannot be printed>>$/),
      ],
    ])
  })
})

describe('An error whose fields throw when they are read', () => {
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
  const hostile = (): Error => Object.create(Hostile.prototype) as Error
  function* fails(thrown: unknown): Coroutine<void> {
    yield* sleep(1)
    throw thrown
  }

  it('is the exception of its Task, and the run continues', () => {
    const thrown = hostile()
    function* main(): Coroutine<unknown[]> {
      const outcomes: unknown[] = yield* gather([createTask(fails(thrown)), sleep(10, 'the other')], {
        returnExceptions: true,
      })
      return [outcomes[0] === thrown, outcomes[1]]
    }
    expect(runSync(main())).toEqual([true, 'the other'])
  })

  it('may come from the clean-up after a cancellation', () => {
    const thrown = hostile()
    function* cleansUp(): Coroutine<void> {
      try {
        yield* sleep(1000)
      } catch {
        throw thrown
      }
    }
    function* main(): Coroutine<unknown> {
      const [outcome] = yield* gather([createTask(timeout(1, cleansUp))], { returnExceptions: true })
      return (outcome as unknown) === thrown
    }
    expect(runSync(main())).toBe(true)
  })

  it('is reported if it is never retrieved', () => {
    const reports: string[] = []
    const loop = newEventLoop()
    loop.setExceptionHandler((_loop, { message }) => reports.push(message))
    function* main(): Coroutine<void> {
      createTask(fails(hostile()))
      yield* sleep(10)
    }
    runSync(main(), { loopFactory: () => loop })
    expect(reports).toEqual(['Task exception was never retrieved'])
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
