import { AsyncLocalStorage } from 'node:async_hooks'
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { CancelledError, type Coroutine } from '@spindle/loop'
import { createTask, gather, run, sleep, wait } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { outcome } from '../outcome.fixture.ts'
import { withSpan } from './with-span.ts'
import { withStore } from './with-store.ts'

describe('withStore', () => {
  const user = new AsyncLocalStorage<string>()
  function* look(): Coroutine<unknown> {
    yield* sleep(1)
    return user.getStore()
  }

  it('sets the store for its block, and for the Tasks that the block creates, and for nothing else', async () => {
    function* visit(name: string): Coroutine<unknown[]> {
      const inside = yield* withStore(user, name, function* () {
        const nested = yield* withStore(user, `${name}'s friend`, look)
        return [yield* look(), nested, yield* createTask(look()), yield* look()]
      })
      return [...inside, yield* look()]
    }
    const main = function* (): Coroutine<unknown> {
      return yield* gather([visit('ann'), visit('bob')])
    }
    expect(await run(main)).toEqual([
      ['ann', "ann's friend", 'ann', 'ann', undefined],
      ['bob', "bob's friend", 'bob', 'bob', undefined],
    ])
    expect(user.getStore()).toBeUndefined()
  })

  it('restores the store when the block throws or is cancelled', async () => {
    const seen: unknown[] = []
    function* leaves(block: () => Coroutine<unknown>): Coroutine<void> {
      try {
        yield* withStore(user, 'inside', block)
      } catch (error) {
        seen.push([error instanceof CancelledError, user.getStore(), yield* look()])
      }
    }
    function* main(): Coroutine<void> {
      yield* leaves(function* () {
        yield* sleep(1)
        throw new Error('no')
      })
      const task = createTask(leaves(() => sleep(1000)))
      yield* sleep(1)
      task.cancel()
      yield* wait([task])
    }
    await user.run('outside', () => run(main()))
    expect(seen).toEqual([
      [false, 'outside', 'outside'],
      [true, 'outside', 'outside'],
    ])
  })

  it('refuses a value that is not a storage or a block', () => {
    expect(() => withStore({} as never, 1, look)).toThrow('withStore() takes an AsyncLocalStorage, got {}')
    expect(() => withStore(user, 'ann', look() as never)).toThrow('withStore() takes a function, got')
    expect(() => withSpan({} as never, 'name', look)).toThrow('withSpan() takes a tracer of OpenTelemetry, got {}')
  })
})

describe('withSpan', () => {
  it('is the active span in its block, ends with it, and records its error', async () => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
    const log: string[] = []
    const tracer = {
      startActiveSpan<R>(name: string, fn: (span: ReturnType<typeof makeSpan>) => R): R {
        const span = makeSpan(name)
        return context.with(context.active().setValue(KEY, name), () => fn(span))
      },
    }
    const KEY = Symbol('span')
    const makeSpan = (name: string) => ({
      recordException: (error: Error) => void log.push(`${name} recorded ${error}`),
      setStatus: ({ code }: { readonly code: number }) => void log.push(`${name} status ${code}`),
      end: () => void log.push(`${name} ended`),
    })
    const active = (): unknown => context.active().getValue(KEY)
    function* work(name: string): Coroutine<unknown[]> {
      return yield* withSpan(tracer, name, function* () {
        yield* sleep(1)
        const inner = yield* withSpan(tracer, `${name}.inner`, function* () {
          yield* sleep(1)
          return active()
        })
        return [active(), inner]
      })
    }
    function* main(): Coroutine<unknown> {
      const both = yield* gather([work('a'), work('b')])
      const failed = yield* outcome(
        withSpan(tracer, 'fails', function* () {
          throw new Error('no')
        }),
      )
      const task = createTask(withSpan(tracer, 'stopped', () => sleep(1000)))
      yield* sleep(1)
      task.cancel('enough')
      yield* wait([task])
      return [both, String(failed), task.cancelled(), active()]
    }
    try {
      expect(await run(main())).toEqual([
        [
          ['a', 'a.inner'],
          ['b', 'b.inner'],
        ],
        'Error: no',
        true,
        undefined,
      ])
    } finally {
      context.disable()
    }
    expect(log.toSorted()).toEqual(
      ['a ended', 'a.inner ended', 'b ended', 'b.inner ended', 'fails ended', 'stopped ended']
        .concat(['fails recorded Error: no', 'fails status 2', 'stopped status 2'])
        .concat(['stopped recorded CancelledError: enough'])
        .toSorted(),
    )
  })

  it('takes a tracer of OpenTelemetry', async () => {
    expect(trace.getSpan(ROOT_CONTEXT)).toBeUndefined()
    expect(await run(withSpan(trace.getTracer('test'), 'span', () => sleep(1, 'done')))).toBe('done')
  })
})
