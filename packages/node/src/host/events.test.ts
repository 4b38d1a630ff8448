import { EventEmitter, getEventListeners } from 'node:events'
import { type Coroutine, getRunningLoop } from '@spindle/loop'
import { call, createTask, events, forEach, gather, once, QueueFull, run, sleep, wait } from '@spindle/task'
import { it } from '@spindle/testing/vitest'
import { EventEmitter as EventEmitter3 } from 'eventemitter3'
import { describe, expect } from 'vitest'
import { outcome } from '../outcome.fixture.ts'

type Emitter = EventEmitter | EventEmitter3 | EventTarget

const kinds: [name: string, make: () => Emitter][] = [
  ['EventEmitter', () => new EventEmitter()],
  ['eventemitter3', () => new EventEmitter3()],
  ['EventTarget', () => new EventTarget()],
]

/** Emits an event that carries a number. */
function emit(emitter: Emitter, name: string, value?: number): void {
  if (emitter instanceof EventTarget) emitter.dispatchEvent(new CustomEvent(name, { detail: value }))
  else (emitter as EventEmitter).emit(name, value)
}

function carried(argument: unknown): unknown {
  return argument instanceof Event ? (argument as CustomEvent).detail : argument
}

function listeners(emitter: Emitter): number {
  const names = ['a', 'b', 'end', 'error']
  if (emitter instanceof EventTarget) return names.flatMap((name) => getEventListeners(emitter, name)).length
  return names.reduce((sum, name) => sum + emitter.listenerCount(name), 0)
}

describe.each(kinds)('once, of an %s', (_kind, make) => {
  it('gives the arguments of the next event, and leaves no listener', function* () {
    const emitter = make()
    const task = createTask(once(emitter, 'a'))
    yield* sleep(1)
    emit(emitter, 'b', 1)
    emit(emitter, 'a', 2)
    emit(emitter, 'a', 3)
    expect(listeners(emitter)).toBe(0) // before the Task has run
    expect((yield* task).map(carried)).toEqual([2])
  })
})

describe('once', () => {
  it('throws the error of an emitter that emits one instead', function* () {
    const emitter = new EventEmitter()
    const failed = new Error('broken')
    getRunningLoop().callLater(5, () => emitter.emit('error', failed))
    expect(yield* outcome(once(emitter, 'a'))).toBe(failed)
    expect(listeners(emitter)).toBe(0)
  })

  it("does not throw the error that announces a 'close', nor any if it is to ignore errors", function* () {
    const emitter = new EventEmitter()
    const open = { isOpen: true }
    const loop = getRunningLoop()
    loop.callLater(5, () => emitter.emit('error', new Error('ECONNRESET')))
    loop.callLater(10, () => {
      open.isOpen = false
      emitter.emit('close')
    })
    yield* once(emitter, 'close')
    const whenClosed = { ...open }
    loop.callLater(5, () => emitter.emit('error', new Error('ignored')))
    loop.callLater(10, () => emitter.emit('exit', 3))
    const code = yield* once(emitter, 'exit', { errors: 'ignore' })
    loop.callLater(5, () => emitter.emit('error', new Error('thrown')))
    let thrown: unknown
    try {
      yield* once(emitter, 'close', { errors: 'throw' })
    } catch (error) {
      thrown = error
    }
    expect({ whenClosed, code, thrown: String(thrown), left: emitter.eventNames() }).toEqual({
      whenClosed: { isOpen: false },
      code: [3],
      thrown: 'Error: thrown',
      left: [],
    })
    expect(() => once(emitter, 'close', { errors: 'no' as never })).toThrow("errors must be 'throw' or 'ignore'")
  })

  it('waits for an error, too, and for events that have a symbol for a name', function* () {
    const emitter = new EventEmitter()
    const name = Symbol('name')
    getRunningLoop().callLater(5, () => emitter.emit('error', 'broken'))
    getRunningLoop().callLater(6, () => emitter.emit(name, 1, 2))
    expect([yield* once(emitter, 'error'), yield* once(emitter, name)]).toEqual([['broken'], [1, 2]])
  })

  it('lets the emitting code continue first', function* () {
    const emitter = new EventEmitter()
    const log: string[] = []
    setImmediate(() => {
      emitter.emit('a')
      log.push('emitted')
    })
    yield* once(emitter, 'a')
    log.push('resumed')
    expect(log).toEqual(['emitted', 'resumed'])
  })

  it('refuses what emits nothing', () => {
    expect(() => once({} as never, 'a')).toThrow(
      new TypeError('once() takes an EventEmitter or an EventTarget, got {}'),
    )
    expect(() => once(undefined as never, 'a')).toThrow(TypeError)
  })
})

describe.each(kinds)('events, of an %s', (_kind, make) => {
  it('are iterated over, also if they come while the block waits, until an event ends them', function* () {
    const emitter = make()
    const seen: unknown[] = []
    for (const n of [1, 2, 3]) getRunningLoop().callLater(n, () => emit(emitter, 'a', n))
    getRunningLoop().callLater(4, () => emit(emitter, 'end'))
    getRunningLoop().callLater(5, () => emit(emitter, 'a', 5))
    yield* forEach(events(emitter, 'a', { end: ['end'] }), function* ([argument]) {
      seen.push(carried(argument))
      yield* sleep(10)
    })
    expect([seen, listeners(emitter)]).toEqual([[1, 2, 3], 0])
  })

  it('leave no listener when the block ends it, or throws', function* () {
    const emitter = make()
    getRunningLoop().callLater(5, () => emit(emitter, 'a', 1))
    yield* forEach(events(emitter, 'a'), function* () {
      return false
    })
    expect(listeners(emitter)).toBe(0)
    getRunningLoop().callLater(5, () => emit(emitter, 'a', 1))
    const failed = new Error('failed')
    const going = forEach(events(emitter, 'a'), function* () {
      throw failed
    })
    expect([yield* outcome(going), listeners(emitter)]).toEqual([failed, 0])
  })

  it('can be iterated over by for await, with no loop', async () => {
    const emitter = make()
    const seen: unknown[] = []
    setImmediate(() => {
      emit(emitter, 'a', 1)
      emit(emitter, 'a', 2)
      setImmediate(() => emit(emitter, 'end'))
    })
    for await (const [argument] of events(emitter, 'a', { end: 'end' })) seen.push(carried(argument))
    expect([seen, listeners(emitter)]).toEqual([[1, 2], 0])
  })
})

describe('events', () => {
  it('keeps a second error from being thrown at the emitter, until the first is thrown here', async () => {
    const emitter = new EventEmitter()
    function* main(): Coroutine<unknown> {
      getRunningLoop().callLater(5, () => {
        emitter.emit('error', new Error('first'))
        emitter.emit('error', new Error('second'))
      })
      return yield* outcome(forEach(events(emitter, 'data'), function* () {}))
    }
    expect(String(await run(main()))).toBe('Error: first')
    expect({ listeners: emitter.listenerCount('error') }).toEqual({ listeners: 0 })
  })

  it('throw the error of an emitter after the events that came before it', function* () {
    const emitter = new EventEmitter()
    const failed = new Error('broken')
    const seen: unknown[] = []
    getRunningLoop().callLater(1, () => {
      emitter.emit('a', 1)
      emitter.emit('a', 2)
      emitter.emit('error', failed)
    })
    const going = forEach(events(emitter, 'a'), function* ([n]) {
      seen.push(n)
    })
    expect([yield* outcome(going), seen, listeners(emitter)]).toEqual([failed, [1, 2], 0])
  })

  it('are kept in order, however many arrive at once and while others are waiting', function* () {
    const many = 200_000 // by shift() it would take minutes
    const emitter = new EventEmitter()
    const emitAll = (first: number): void => {
      for (let n = first; n < first + many; n++) emitter.emit('a', n)
    }
    let next = 0
    getRunningLoop().callLater(0, () => emitAll(0))
    yield* forEach(events(emitter, 'a'), function* ([n]) {
      if (n === 10) emitAll(many)
      if (n !== next++) throw new Error(`${n} after ${next - 2}`)
      return next < 2 * many
    })
    expect(next).toBe(2 * many)
  })

  it('refuse what emits nothing', () => {
    expect(() => events(5 as never, 'a')).toThrow(TypeError)
  })
})

describe('a second error', () => {
  it('is not thrown at the emitter of once', function* () {
    const emitter = new EventEmitter()
    const task = createTask(once(emitter, 'a'))
    yield* sleep(1)
    emitter.emit('error', new Error('first'))
    emitter.emit('error', new Error('second'))
    expect(String(yield* outcome(task))).toBe('Error: first')
    expect(listeners(emitter)).toBe(0)
  })
})

describe('events with maxSize', () => {
  class PausableEmitter extends EventEmitter {
    paused = 0
    log: string[] = []
    pause(): void {
      this.paused++
      this.log.push('pause')
    }
    resume(): void {
      this.paused--
      this.log.push('resume')
    }
  }

  it('pauses an emitter that has pause(), until half of it is taken, and loses nothing', function* () {
    const emitter = new PausableEmitter()
    const taken: unknown[] = []
    const task = createTask(
      forEach(events(emitter, 'a', { end: 'end', maxSize: 4 }), function* ([number]) {
        taken.push(number)
        yield* sleep(10)
      }),
    )
    yield* sleep(1)
    // One is being worked at when these come; a paused stream may still have one on its way.
    for (let i = 0; i < 6; i++) emitter.emit('a', i)
    expect(emitter.log).toEqual(['pause'])
    yield* sleep(25)
    expect([taken, emitter.log]).toEqual([[0, 1, 2], ['pause']])
    yield* sleep(10)
    expect(emitter.log).toEqual(['pause', 'resume'])
    emitter.emit('end')
    yield* task
    expect([taken, emitter.paused]).toEqual([[0, 1, 2, 3, 4, 5], 0])
  })

  it('does not leave the emitter paused when it is left or cancelled', function* () {
    const emitter = new PausableEmitter()
    const task = createTask(
      forEach(events(emitter, 'a', { maxSize: 1 }), function* () {
        yield* sleep(1000)
      }),
    )
    yield* sleep(1)
    for (let i = 0; i < 3; i++) emitter.emit('a', i)
    expect(emitter.paused).toBe(1)
    task.cancel()
    yield* wait([task])
    expect([emitter.paused, listeners(emitter)]).toEqual([0, 0])
  })

  it('fails in its turn where the emitter cannot be paused', function* () {
    const emitter = new EventEmitter()
    const taken: unknown[] = []
    const task = createTask(
      forEach(events(emitter, 'a', { maxSize: 2 }), function* ([number]) {
        taken.push(number)
        yield* sleep(10)
      }),
    )
    yield* sleep(1)
    emitter.emit('a', 0)
    yield* sleep(1)
    for (let i = 1; i < 5; i++) emitter.emit('a', i)
    const error = yield* outcome(task)
    expect([taken, listeners(emitter)]).toEqual([[0, 1, 2], 0])
    expect(error).toBeInstanceOf(QueueFull)
    expect((error as Error).message).toBe(
      "more than 2 events 'a' came before they were taken, and the emitter cannot be paused",
    )
  })

  it('refuses an invalid size, and unknown options', () => {
    const emitter = new EventEmitter()
    expect(() => events(emitter, 'a', { maxSize: 0 })).toThrow('maxSize must be at least 1, got 0')
    expect(() => events(emitter, 'a', { limit: 3 } as object)).toThrow('limit')
  })
})

describe.each(kinds)('all that wait for one event of an %s', (_kind, make) => {
  const warningsOf = function* (block: () => Coroutine<void>): Coroutine<string[]> {
    const warnings: string[] = []
    const listener = (warning: Error): void => void warnings.push(warning.message)
    process.on('warning', listener)
    yield* block()
    yield* call(() => new Promise((resolve) => setImmediate(resolve))) // Node emits them in a turn of its own
    process.off('warning', listener)
    return warnings
  }

  it('share one listener, however many they are, and each gets it', async () => {
    const emitter = make()
    const results = await run(
      warningsOf(function* () {
        const waiting = Array.from({ length: 20 }, () => createTask(once(emitter, 'a')))
        const seen: unknown[] = []
        const iterating = Array.from({ length: 20 }, () =>
          createTask(
            forEach(events(emitter, 'a', { end: 'end' }), function* ([n]) {
              seen.push(carried(n))
            }),
          ),
        )
        yield* sleep(1)
        const before = listeners(emitter)
        emit(emitter, 'a', 1)
        expect((yield* gather(waiting)).map(([n]) => carried(n))).toEqual(Array(20).fill(1))
        emit(emitter, 'a', 2)
        emit(emitter, 'end')
        yield* gather(iterating)
        const expected = emitter instanceof EventTarget ? 2 : 3 // 'a', 'end', and 'error' of what is no EventTarget
        expect({ before, after: listeners(emitter), seen }).toEqual({
          before: expected,
          after: 0,
          seen: [...Array(20).fill(1), ...Array(20).fill(2)],
        })
      }),
    )
    expect(results).toEqual([])
  })

  it('continue when a waiter is cancelled, or waits again', async () => {
    const emitter = make()
    function* main(): Coroutine<unknown[]> {
      const first = createTask(once(emitter, 'a'))
      const again = createTask(
        (function* () {
          const [one] = yield* once(emitter, 'a')
          const [two] = yield* once(emitter, 'a')
          return [one, two].map(carried)
        })(),
      )
      yield* sleep(1)
      first.cancel()
      yield* sleep(1)
      emit(emitter, 'a', 1)
      yield* sleep(1)
      emit(emitter, 'a', 2)
      expect(first.cancelled()).toBe(true)
      return [yield* again, listeners(emitter)]
    }
    expect(await run(main())).toEqual([[1, 2], 0])
  })
})

it.each([new EventEmitter(), new EventEmitter3()])(
  'a listener that others have removed is added again',
  async (emitter) => {
    function* main(): Coroutine<unknown> {
      const before = createTask(once(emitter, 'a'))
      yield* sleep(1)
      emitter.removeAllListeners()
      const after = createTask(once<[number]>(emitter, 'a'))
      yield* sleep(1)
      emit(emitter, 'a', 1)
      return [yield* after, yield* before]
    }
    expect(await run(main())).toEqual([[1], [1]])
  },
)
