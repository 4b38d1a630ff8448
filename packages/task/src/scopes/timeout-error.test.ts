import { readFileSync } from 'node:fs'
import { type Coroutine, TimeoutError } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { gather } from '../combinators/gather.ts'
import { waitFor } from '../combinators/wait-for.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { Queue } from '../sync/queue.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { moveOnAfter, timeout, timeoutAt } from './timeout.ts'

const source = readFileSync(new URL(import.meta.url), 'utf8').split('\n')
const lineOf = (text: string): number => source.findIndex((line) => line.endsWith(text)) + 1
const HERE = 'packages/task/src/scopes/timeout-error.test.ts'
const at = (text: string): string => `${HERE}:${lineOf(text)}`

describe('A TimeoutError contains the limit, the places and the awaitable', () => {
  it('of a bare coroutine, however deep it waits', function* () {
    function* download(): Coroutine<void> {
      yield* sleep(3000) // bare wait
    }
    function* limited(): Coroutine<void> {
      yield* timeout(200, () => download()) // bare timeout
    }
    const error = yield* thrown(limited())
    expect(error.message).toBe(
      `200 ms of virtual time passed in timeout() at ${at('// bare timeout')}; download() was waiting at ${at('// bare wait')} for sleep(3000)`,
    )
    expect(error.stack?.startsWith(`TimeoutError: ${error.message}\n`)).toBe(true)
  })

  it('of coroutine()s', function* () {
    const download = coroutine(function* download(queue: Queue<number>): Coroutine<void> {
      yield* queue.get() // framed wait
    })
    const outer = coroutine(function* outer(): Coroutine<void> {
      yield* download(new Queue())
    })
    const limited = coroutine(function* limited(): Coroutine<void> {
      yield* timeout(200, outer) // framed timeout
    })
    expect((yield* thrown(limited())).message).toBe(
      `200 ms of virtual time passed in timeout() at ${at('// framed timeout')}; download() was waiting at ${at('// framed wait')} for Queue.get()`,
    )
  })

  it('of a Task that the block awaits, also through gather()', function* () {
    function* download(): Coroutine<void> {
      yield* sleep(3000) // wait in a task
    }
    const wait = `download() in task 'fetcher' was waiting at ${at('// wait in a task')} for sleep(3000)`
    const task = createTask(download(), { name: 'fetcher' })
    const error = yield* thrown(waitFor(task, 200))
    expect(error.message).toBe(`200 ms of virtual time passed in waitFor() at ${at('// helper')}; ${wait}`)
    const other = yield* thrown(timeout(200, () => gather([createTask(download(), { name: 'fetcher' })])))
    expect(other.message).toContain(`; ${wait}`)
  })

  it('of an anonymous block, and of a block that is not a coroutine', function* () {
    const block = function* (): Coroutine<void> {
      yield* sleep(3000) // anonymous wait
    }
    Object.defineProperty(block, 'name', { value: '' })
    const passed = `200 ms of virtual time passed in timeout() at ${at('// helper')}`
    expect((yield* thrown(timeout(200, block))).message).toMatch(new RegExp(`at ${at('// anonymous wait')} for sleep`))
    expect((yield* thrown(timeout(200, () => sleep(3000)))).message).toBe(`${passed}; it was waiting for sleep(3000)`)
  })

  it('of timeoutAt, and of a limit that was moved', function* () {
    const passed = `the deadline of virtual time passed in`
    expect((yield* thrown(timeoutAt(10, () => sleep(3000)))).message).toContain(`${passed} timeoutAt() at`)
    const moved = timeout(10, (scope) => {
      scope.reschedule(50)
      return sleep(3000)
    })
    expect((yield* thrown(moved)).message).toContain(`${passed} timeout() at`)
    expect((yield* thrown(waitFor(sleep(10), 0))).message).toContain(`0 ms of virtual time passed in waitFor() at`)
  })

  it('if it is the cause of another error', function* () {
    const failing = timeout(10, function* () {
      try {
        yield* sleep(3000)
      } catch (cause) {
        throw new Error('no answer', { cause })
      }
    })
    const cause = (yield* thrown(failing)).cause as Error
    expect(cause).toBeInstanceOf(TimeoutError)
    expect(cause.message).toMatch(/^10 ms of virtual time passed in timeout\(\).* for sleep\(3000\)$/)
  })

  it('and a moveOnAfter takes no stack, because it throws no error', function* () {
    let seen: unknown
    yield* moveOnAfter(10, function* () {
      try {
        yield* sleep(3000)
      } catch (error) {
        seen = error
        throw error
      }
    })
    expect((seen as Error).stack).not.toContain('\n')
  })
})

function* thrown(awaitable: Coroutine<unknown>): Coroutine<Error> {
  try {
    yield* awaitable // helper
  } catch (error) {
    return error as Error
  }
  throw new Error('nothing was thrown')
}
