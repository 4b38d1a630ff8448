// Two copies of a package can meet in one process: two versions of it, or a library that has its own.

import { cp, mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as mine from '@spindle/loop/internal'
import * as task from '@spindle/task'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '../tooling/run-example.ts'

type Loop = typeof mine

let folder: string
let other: Loop

// Beside the package, so that its dependency is found; as a folder of node_modules it is nobody's source.
beforeAll(async () => {
  mine.copyContext() // the context of this thread is made by the first copy that asks for it, for later files, too
  folder = await mkdtemp(join(root, 'packages/loop/node_modules/.copy-'))
  await cp(join(root, 'packages/loop/src'), folder, {
    recursive: true,
    filter: (path) => !/\.(test|test-d|fixture)\.ts$/.test(path),
  })
  const url = pathToFileURL(join(folder, 'internal.ts')).href
  other = (await import(/* @vite-ignore */ url)) as Loop
})

afterAll(() => rm(folder, { recursive: true }))

const names = [
  'CancelledError',
  'InvalidStateError',
  'TimeoutError',
  'RuntimeError',
  'DeadlockError',
  'KeyboardInterrupt',
] as const

describe('Two copies of the package', () => {
  it('are two', () => {
    expect({ isSameFuture: other.Future === mine.Future, isSameEventLoop: other.EventLoop === mine.EventLoop }).toEqual(
      { isSameFuture: false, isSameEventLoop: false },
    )
  })

  it('enter contexts inside those of each other', () => {
    const inside = new other.Context().run(() => new mine.Context().run(() => new other.Context().run(() => 'inside')))
    expect(inside).toBe('inside')
  })

  it('recognise each other’s errors, and distinguish their kinds', () => {
    const table = (one: Loop, another: Loop): boolean[][] =>
      names.map((made) => names.map((asked) => new one[made]('x') instanceof another[asked]))
    const expected = names.map((made) =>
      names.map((asked) => made === asked || (made === 'DeadlockError' && asked === 'RuntimeError')),
    )
    expect([table(other, mine), table(mine, other), table(mine, mine)]).toEqual([expected, expected, expected])
  })

  it('recognise the errors of classes derived from each other’s, and nothing else', () => {
    class Special extends other.CancelledError {}
    class Named extends Error {
      override name = 'CancelledError'
    }
    const things = [
      new Special(),
      new Named(),
      { name: 'CancelledError' },
      null,
      undefined,
      'CancelledError',
      new Error(),
    ]
    expect(things.filter((thing) => thing instanceof mine.CancelledError)).toEqual([things[0]])
    // A class made from ours is itself alone.
    class Own extends mine.CancelledError {}
    expect(new Own()).toBeInstanceOf(Own)
    expect(new mine.CancelledError()).not.toBeInstanceOf(Own)
    expect(new other.CancelledError()).not.toBeInstanceOf(Own)
  })

  it('share the running loop, the default loop, and the context', () => {
    const log: unknown[] = []
    const loop = new other.BaseEventLoop({
      clock: new other.VirtualClock(),
      parts: { ...other.NO_PARTS, drivers: other.driversWithoutTasks },
    })
    const name = new mine.ContextVar('name', { defaultValue: 'default' })
    const theirs = new other.ContextVar('name', { defaultValue: 'default' })
    mine.setEventLoop(loop)
    expect(task.getEventLoop()).toBe(loop)
    expect(new mine.Future().getLoop()).toBe(loop)
    mine.setEventLoop(undefined)
    other.copyContext().run(() => {
      const token = name.set('set')
      theirs.set('set too')
      loop.callSoon(() =>
        log.push(mine.getRunningLoop() === loop ? 'running: shared' : 'running: another', name.get(), theirs.get()),
      )
      name.reset(token)
    })
    loop.stop()
    loop.runForeverSync()
    log.push(name.get(), theirs.get())
    expect(log).toEqual(['running: shared', 'set', 'set too', 'default', 'default'])
  })

  it('recognise each other’s Futures, and a Task of one awaits a Future of the other', async () => {
    function* main(): mine.Coroutine<unknown[]> {
      const loop = mine.getRunningLoop()
      const future = new other.Future<string>({ loop })
      const failing = new other.Future<string>({ loop })
      const log: unknown[] = [mine.isFuture(future), task.ensureFuture(future as mine.Future) === future]
      loop.callLater(1, () => future.setResult('a result'))
      loop.callLater(2, () => failing.cancel('enough'))
      log.push(yield* future as mine.Future<string>)
      try {
        yield* failing as mine.Future<string>
      } catch (error) {
        log.push(error instanceof mine.CancelledError, String(error))
      }
      return log
    }
    const expected = [true, true, 'a result', true, 'CancelledError: enough']
    expect([await task.run(main()), task.runSync(main())]).toEqual([expected, expected])
  })

  it('recognise each other’s coroutine objects, and a Task of one runs objects of the other', async () => {
    class Given extends other.SuspendedCoroutine<string> {
      readonly name = 'give'
      override next(): IteratorResult<mine.Suspension, string> {
        return { done: true, value: 'given' }
      }
    }
    function* main(): mine.Coroutine<unknown> {
      const given = new Given(undefined).asCoroutine() as unknown as mine.Coroutine<string>
      const turn = other.NEXT_ITERATION.asCoroutine() as unknown as mine.Coroutine<void>
      const known = { given: task.isCoroutine(given), turn: task.isCoroutine(turn) }
      const tasks = [task.createTask(given), task.createTask(turn)]
      return { known, tasks: tasks.map(String), results: yield* task.gather(tasks) }
    }
    const { known, tasks, results } = (await task.run(main())) as Record<string, unknown>
    expect({ known, results }).toEqual({ known: { given: true, turn: true }, results: ['given', undefined] })
    expect(tasks).toEqual([expect.stringContaining('coro=<give()'), expect.stringContaining('coro=<sleep()')])
  })

  it('pass a cancellation from a Task of one to a Future of the other', async () => {
    function* main(): mine.Coroutine<unknown[]> {
      const future = new other.Future<string>({ loop: mine.getRunningLoop() })
      const waiting = task.createTask(
        (function* wait(): mine.Coroutine<void> {
          yield* future as mine.Future<string>
        })(),
      )
      yield* task.sleep(0)
      waiting.cancel('enough')
      try {
        yield* waiting
      } catch (error) {
        return [String(error), String(future), String(waiting)]
      }
      return []
    }
    const cancelled = '<Future cancelled>'
    expect(await task.run(main())).toEqual([
      'CancelledError: enough',
      cancelled,
      expect.stringContaining(' cancelled '),
    ])
  })

  it('refuse to run a loop of one inside a callback of the other’s', () => {
    const loop = new mine.BaseEventLoop({ parts: { ...mine.NO_PARTS, drivers: mine.driversWithoutTasks } })
    let refused: unknown
    loop.callSoon(() => {
      try {
        new other.BaseEventLoop({ parts: { ...other.NO_PARTS, drivers: other.driversWithoutTasks } }).runForeverSync()
      } catch (error) {
        refused = error
      }
    })
    loop.stop()
    loop.runForeverSync()
    expect(String(refused)).toBe('RuntimeError: Cannot run the event loop while another loop is running')
    expect(refused).toBeInstanceOf(mine.RuntimeError)
  })
})
