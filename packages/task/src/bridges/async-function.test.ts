import { CancelledError, type Coroutine, RuntimeError, VirtualClock } from '@spindle/loop'
import { afterEach, describe, expect, it } from 'vitest'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { closeHostLoop } from '../run/host-loop.ts'
import { run } from '../run/run.ts'
import { type TaskGroup, taskGroup } from '../scopes/task-group.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { newEventLoop } from '../tasks/new-event-loop.ts'
import { asyncFunction } from './async-function.ts'
import { call } from './call.ts'

afterEach(() => closeHostLoop())

/** Waits until it is cancelled, and says so. */
function waiting(log: string[]) {
  return function* (name: string, _context?: unknown): Coroutine<string> {
    try {
      log.push(`${name} begun`)
      return yield* sleep(3_600_000, 'late')
    } catch (error) {
      log.push(`${name} ${error instanceof CancelledError ? 'cancelled' : 'failed'}`)
      throw error
    } finally {
      yield* sleep(1)
      log.push(`${name} cleaned up`)
    }
  }
}

/** An emitter, also in a page. */
function newEmitter() {
  const listeners = new Map<string, () => void>()
  return {
    on: (name: string, listener: () => void) => void listeners.set(name, listener),
    off: (name: string) => void listeners.delete(name),
    emit: (name: string) => listeners.get(name)?.(),
    names: () => [...listeners.keys()],
  }
}

const ALL = ['a begun', 'a cancelled', 'a cleaned up']

describe('asyncFunction of a group', () => {
  it('hears of a request through any number of calls before virtual time goes on', async () => {
    const log: string[] = []
    const nested = (work: () => Coroutine<unknown>) => (): Coroutine<unknown> =>
      taskGroup(function* (group) {
        const open: (signal?: AbortSignal) => Promise<unknown> = asyncFunction(group, work)
        return yield* call((signal) => open(signal))
      })
    const loop = newEventLoop({ clock: new VirtualClock() })
    const main = function* (): Coroutine<number> {
      const task = createTask(nested(nested(nested(() => waiting(log)('a'))))())
      yield* sleep(10)
      task.cancel()
      yield* sleep(0)
      const asked = loop.time()
      yield* wait([task])
      return loop.time() - asked
    }
    expect(await run(main(), { loopFactory: () => loop })).toBe(1) // its clean-up
    expect(log).toEqual(ALL)
  })

  it('is awaited by the group, and keeps `this`', async () => {
    const log: string[] = []
    const counter = { count: 1 }
    await run(
      taskGroup(function* (group) {
        const add = asyncFunction(group, function* (this: typeof counter, n: number) {
          yield* sleep(5)
          this.count += n
          log.push('added')
          return this.count
        })
        void add.call(counter, 2)
        yield* sleep(0)
        log.push('the block has ended')
      }),
    )
    expect({ log, counter }).toEqual({ log: ['the block has ended', 'added'], counter: { count: 3 } })
  })

  it('is cancelled with the group, after which its promise rejects', async () => {
    const log: string[] = []
    let asked: Promise<unknown> | undefined
    await run(
      taskGroup(function* (group) {
        asked = asyncFunction(group, waiting(log))('a').catch(String)
        yield* sleep(1)
        group.cancel()
      }),
    )
    expect({ log, error: await asked }).toEqual({ log: ALL, error: 'CancelledError' })
  })

  it('hands an error to the caller, and leaves the group alone', async () => {
    function* main(): Coroutine<unknown> {
      return yield* taskGroup(function* (group) {
        const fails = asyncFunction(group, function* (): Coroutine<never> {
          yield* sleep(1)
          throw new Error('no')
        })
        const error = yield* call(() => fails().catch(String))
        return `${error}, then ${yield* sleep(1, 'went on')}`
      })
    }
    expect(await run(main())).toBe('Error: no, then went on')
  })

  it('rejects when its group has ended, and one function may have two groups', async () => {
    const groups: TaskGroup[] = []
    const work = function* (name: string): Coroutine<string> {
      return yield* sleep(1, name)
    }
    const seen: unknown[] = []
    await run(
      taskGroup(function* (outer) {
        yield* taskGroup(function* (inner) {
          groups.push(inner)
          seen.push(
            ...(yield* call(() => Promise.all([asyncFunction(inner, work)('in'), asyncFunction(outer, work)('out')]))),
          )
        })
        seen.push(
          yield* call(() => asyncFunction(groups[0] as TaskGroup, work)('late').catch((error: unknown) => error)),
        )
      }),
    )
    expect(seen.slice(0, 2)).toEqual(['in', 'out'])
    expect(seen[2]).toBeInstanceOf(RuntimeError)
  })
})

describe('asyncFunction, given what its caller cancels', () => {
  const cancelledBy = async (
    start: (greet: (...args: never[]) => Promise<string>) => Promise<string>,
    signal?: never,
  ) => {
    const log: string[] = []
    await run(function* (): Coroutine<void> {
      const answer = start(asyncFunction('host', waiting(log) as never, signal === undefined ? {} : { signal }))
      log.push(yield* call(() => answer.then(String, (error: Error) => error.name)))
    })
    return log
  }

  it.each([
    ['a call of gRPC', { cancelled: false }, { cancelled: true }, 'cancelled'],
    ['a request of node:http', { aborted: false }, { aborted: true }, 'aborted'],
    ['a response of node:http', { headersSent: false, writableEnded: false }, { destroyed: true }, 'close'],
  ])('ends with %s whose client has left', async (_name, before, after, event) => {
    const emitter = Object.assign(newEmitter(), before)
    const log = await cancelledBy((f) => {
      setTimeout(() => Object.assign(emitter, after).emit(event), 5)
      return f('a' as never, emitter as never)
    })
    expect({ log, left: emitter.names() }).toEqual({ log: [...ALL, 'AbortError'], left: [] })
  })

  it('goes on when its response has been sent', async () => {
    const response = Object.assign(newEmitter(), { headersSent: true, writableEnded: true, destroyed: false })
    const work = function* (_response: object): Coroutine<string> {
      Object.assign(response, { destroyed: true }).emit('close')
      return yield* sleep(5, 'went on')
    }
    expect(await asyncFunction('host', work)(response)).toBe('went on')
  })

  it('ends with the signal that a function finds in its arguments', async () => {
    const controller = new AbortController()
    const find = (_name: string, context: { stop: AbortSignal }) => context.stop
    const log = await cancelledBy((f) => {
      setTimeout(() => controller.abort(), 5)
      return f('a' as never, { stop: controller.signal } as never)
    }, find as never)
    expect(log).toEqual([...ALL, 'AbortError'])
  })
})

describe('asyncFunction, cancelled', () => {
  const abortable = (): { controller: AbortController; token: object } => {
    const controller = new AbortController()
    const token = {
      get isCancellationRequested() {
        return controller.signal.aborted
      },
      onCancellationRequested: (listener: () => void) => {
        controller.signal.addEventListener('abort', listener)
        return { dispose: () => controller.signal.removeEventListener('abort', listener) }
      },
    }
    return { controller, token }
  }

  it.each<[name: string, context: (signal: AbortSignal, token: object) => unknown]>([
    ['a signal', (signal) => signal],
    ['{ signal }', (signal) => ({ signal })],
    ['{ abortSignal }', (signal) => ({ abortSignal: signal, messages: [] })],
    ['{ req: { raw: { signal } } }', (signal) => ({ req: { raw: { signal } } })],
    ['a token of vscode-jsonrpc', (_signal, token) => token],
  ])('by %s', async (_name, contextOf) => {
    for (const before of [false, true]) {
      const log: string[] = []
      const { controller, token } = abortable()
      if (before) controller.abort()
      const asked = asyncFunction('host', waiting(log))('a', contextOf(controller.signal, token))
      if (!before) {
        while (log.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
        controller.abort()
      }
      await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
      expect(log).toEqual(before ? [] : ALL)
    }
  })

  it('by the signal of its options, with its reason', async () => {
    const log: string[] = []
    const controller = new AbortController()
    const asked = asyncFunction('host', waiting(log), { signal: controller.signal })('a').catch(String)
    while (log.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
    controller.abort(new Error('the user left'))
    expect([await asked, log]).toEqual(['Error: the user left', ALL])
  })

  it('refuses anything but a group and a function', () => {
    expect(() => asyncFunction({} as never, function* () {})).toThrow(
      "asyncFunction() takes a TaskGroup or 'host', got {}",
    )
    expect(() => asyncFunction('host', 5 as never)).toThrow('asyncFunction() takes a coroutine function, got 5')
  })
})
