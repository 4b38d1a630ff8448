import { type Coroutine, type ExceptionContext, type Future, getRunningLoop } from '@spindle/loop'
import { it } from '@spindle/testing/vitest'
import { describe, expect } from 'vitest'
import { call } from '../bridges/call.ts'
import { gather } from '../combinators/gather.ts'
import { gatherMap } from '../combinators/gather-map.ts'
import { any, race } from '../combinators/race.ts'
import { wait } from '../combinators/wait.ts'
import { sleep } from '../coroutines/sleep.ts'
import { outcome } from '../outcome.fixture.ts'
import { abandon } from '../run/abandon.ts'
import { run } from '../run/run.ts'
import { Lock } from '../sync/lock.ts'
import { PriorityQueue } from '../sync/priority-queue.ts'
import { Queue } from '../sync/queue.ts'
import { Semaphore } from '../sync/semaphore.ts'
import { allTasks, currentTask } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { abortable } from './abort-signal.ts'
import type { ReleaseOption } from './discard.ts'
import { timeout } from './timeout.ts'
import { uncancellable } from './uncancellable.ts'

/** Opens something after `delay` ms, whether it is cancelled meanwhile or not. */
const open = (delay: number, name: string): Coroutine<string> => uncancellable(() => sleep(delay, name))

function* atOnce(): Coroutine<string> {
  return 'won'
}

function* failing(delay: number): Coroutine<never> {
  yield* sleep(delay)
  throw new Error('failed')
}

describe('What a loser of race() brings', () => {
  it('in the turn of the decision goes back: a lock, a permit, an item', function* () {
    const lock = new Lock()
    const semaphore = new Semaphore(1)
    const queue = new Queue<number>()
    queue.putNowait(1)
    const nested = (): Coroutine<Disposable> => timeout(10, () => semaphore.acquire())
    expect(yield* race([atOnce, lock.acquire(), nested, queue.get()])).toBe('won')
    expect({ locked: lock.locked(), taken: semaphore.locked(), items: queue.qsize() }).toEqual({
      locked: false,
      taken: false,
      items: 1,
    })
  })

  it('keeps the order of a queue, so that a loop with a race loses nothing', function* () {
    const queue = new Queue<number>()
    const taken: number[] = []
    const producer = createTask(function* () {
      for (let n = 0; n < 30; n++) {
        yield* sleep(n % 3)
        queue.putNowait(n)
      }
    })
    while (taken.length < 30) {
      const item = yield* race([queue.get(), queue.get(), sleep(1)])
      if (item !== undefined) taken.push(item)
    }
    yield* producer
    expect(taken).toEqual(Array.from({ length: 30 }, (_, n) => n))
  })

  it('returns to a queue of another order where it belongs, and wakes the next waiter', function* () {
    const queue = new PriorityQueue<number>()
    for (const n of [3, 1, 2]) queue.putNowait(n)
    yield* race([atOnce, queue.get(), queue.get()])
    const rest = [queue.getNowait(), queue.getNowait()]
    const waiting = createTask(queue.get())
    yield* sleep(0)
    expect({ rest, last: yield* waiting }).toEqual({ rest: [1, 2], last: 3 })
  })

  it('is cancelled when the decision falls: it does not take another step', function* () {
    const log: string[] = []
    function* steps(): Coroutine<void> {
      for (let n = 0; n < 10; n++) {
        yield* sleep(0)
        log.push(`step ${n}`)
      }
    }
    const first = getRunningLoop().createFuture<string>()
    const racing = createTask(race([first, steps()]))
    while (log.length < 2) yield* sleep(0)
    first.setResult('first')
    const before = log.length
    expect(yield* racing).toBe('first')
    expect(log.length - before).toBeLessThanOrEqual(1)
  })

  it('goes to `release`, which is awaited before the caller continues', function* () {
    const log: string[] = []
    const release = function* (value: string): Coroutine<void> {
      yield* sleep(5)
      log.push(`released ${value}`)
    }
    log.push(yield* race([open(1, 'quick'), open(3, 'slow'), open(1, 'as quick')], { release }))
    log.push(yield* any([failing(1), open(2, 'good'), open(3, 'late')], { release }))
    expect(log).toEqual(['released as quick', 'released slow', 'quick', 'released late', 'good'])
  })

  it("is closed by 'dispose', and by the release of the call() that has returned it", function* () {
    const closed: string[] = []
    const thing = (name: string): Disposable => ({ [Symbol.dispose]: () => void closed.push(name) })
    yield* race([sleep(1), uncancellable(() => sleep(2, thing('disposed')))], {
      release: 'dispose',
    })
    const late = (): Promise<object> => new Promise((resolve) => setTimeout(resolve, 30, { name: 'called' }))
    yield* race([sleep(1), call(late, { release: () => closed.push('called') })])
    expect(closed).toEqual(['disposed', 'called'])
  })

  it('stays with a Task of the caller', function* () {
    const lock = new Lock()
    const task = createTask(lock.acquire())
    yield* race([sleep(0), task])
    expect({ locked: lock.locked(), isDone: task.done() }).toEqual({ locked: true, isDone: true })
    lock.release()
  })

  it('is reported in debug mode if it can be closed, and left alone otherwise', function* () {
    const loop = getRunningLoop()
    const reports: string[] = []
    loop.setExceptionHandler((_loop, { message }: ExceptionContext) => reports.push(message))
    const connection = { close: () => {} }
    yield* race([sleep(1), uncancellable(() => sleep(2, connection))])
    loop.setDebug(true)
    yield* race([sleep(1), uncancellable(() => sleep(2, connection))])
    yield* race([sleep(1), open(2, 'text')])
    loop.setDebug(false)
    expect(reports).toEqual([expect.stringContaining('a loser of race(): its value')])
  })

  const refuse = (): never => {
    throw new Error('broken')
  }
  const free = new Lock()
  const releases: [what: string, lost: unknown, release: ReleaseOption<unknown>, error: string][] = [
    ['throws', 'lost', refuse, 'Error: broken'],
    ['fails later', 'lost', () => failing(1), 'Error: failed'],
    ['releases twice', 'lost', () => free.release(), 'RuntimeError: Lock is not acquired.'],
    ["is 'dispose', and the dispose throws", { [Symbol.dispose]: refuse }, 'dispose', 'Error: broken'],
    ["is 'dispose', for a string", 'lost', 'dispose', "TypeError: release: 'dispose' got no disposable, got 'lost'"],
  ]
  it.each(releases)('is lost for a release that %s, which is reported', function* (_what, lost, release, error) {
    const reports: string[] = []
    getRunningLoop().setExceptionHandler((_loop, { message, exception }) => reports.push(`${message}: ${exception}`))
    const contestants: Coroutine<unknown>[] = [sleep(1, 'won'), uncancellable(() => sleep(2, lost))]
    expect(yield* race(contestants, { release })).toBe('won')
    expect(reports).toEqual([`the release of a loser of race() failed: ${error}`])
  })

  it('is released to the end, although everything is cancelled', function* () {
    const log: string[] = []
    const release = function* (value: string): Coroutine<void> {
      yield* sleep(5)
      log.push(`${value} released`)
    }
    const racing = createTask(race([open(5, 'a'), open(6, 'b')], { release }))
    for (let ms = 0; ms < 12; ms++) {
      yield* sleep(1)
      for (const task of allTasks()) if (task !== currentTask()) task.cancel()
    }
    expect([yield* racing, log]).toEqual(['a', ['b released']])
  })

  it('and its release that hangs are left by abandon(), once the caller is cancelled', async () => {
    const reports: unknown[] = []
    function* main(): Coroutine<string> {
      getRunningLoop().setExceptionHandler((_loop, { message }) => reports.push(message))
      const racing = createTask(race([open(1, 'a'), open(2, 'b')], { release: () => new Promise(() => {}) }))
      yield* sleep(10)
      abandon()
      yield* sleep(1)
      racing.cancel()
      yield* sleep(1)
      const isWaiting = !racing.done()
      abandon()
      return `${isWaiting} ${yield* outcome(racing)}`
    }
    expect([await run(main()), reports]).toEqual(['true a', ['the release of a loser of race() failed']])
  })

  it('is not taken for undone: a contestant that has done its work makes a cancelled race return', function* () {
    const racing = createTask(function* () {
      const result = yield* race([open(5, 'paid'), sleep(100)])
      yield* sleep(1)
      return result
    })
    const told = createTask(race([open(5, 'paid'), sleep(100)]))
    yield* sleep(1)
    racing.cancel()
    told.cancel()
    expect([yield* told, told.cancelling(), String(yield* outcome(racing))]).toEqual(['paid', 1, 'CancelledError'])
  })
})

describe('A race', () => {
  it('begins nothing when a cancellation is put off', function* () {
    let begun = 0
    const contestant = function* (): Coroutine<void> {
      begun++
      yield* sleep(1)
    }
    const task = createTask(function* () {
      yield* open(2, 'opened')
      yield* race([contestant, contestant])
    })
    yield* sleep(1)
    task.cancel()
    expect([String(yield* outcome(task)), begun]).toEqual(['CancelledError', 0])
  })

  it('of ten thousand gives back all that they bring', async () => {
    const semaphore = new Semaphore(10_000)
    await run(race(Array.from({ length: 10_000 }, () => semaphore.acquire())))
    semaphore.release()
    expect(String(semaphore)).toContain('value:10000')
  })

  it('is decided although a done callback of the winner throws, or cancels it', function* () {
    const reports: unknown[] = []
    getRunningLoop().setExceptionHandler((_loop, { exception }) => reports.push(exception))
    const lock = new Lock()
    const winner = createTask(atOnce())
    winner.addDoneCallback((task) => reports.push(task.cancel()))
    winner.addDoneCallback(() => {
      throw new Error('of the callback')
    })
    const result = yield* race([winner, lock.acquire()])
    expect({ result, again: yield* winner, locked: lock.locked(), reports }).toEqual({
      result: 'won',
      again: 'won',
      locked: false,
      reports: [false, new Error('of the callback')],
    })
  })

  it('loses nothing when a signal aborts in the turn of the decision, or around it', function* () {
    const outcomes = new Set<string>()
    for (let turn = 0; turn < 12; turn++) {
      const lock = new Lock()
      const controller = new AbortController()
      const racing = createTask(abortable(controller.signal, () => race([lock.acquire(), sleep(0, undefined)])))
      for (let n = 0; n < turn; n++) yield* sleep(0)
      controller.abort(new Error('aborted'))
      const result = yield* outcome(racing)
      outcomes.add(result instanceof Error ? 'aborted' : 'won')
      expect({ turn, isHeld: lock.locked() }).toEqual({ turn, isHeld: !(result instanceof Error) })
      if (lock.locked()) lock.release()
    }
    expect([...outcomes]).toEqual(['aborted', 'won'])
  })

  it('in a finally ends as usual, and releases what its losers bring, whenever it is cancelled again', function* () {
    for (let ms = 1; ms < 8; ms++) {
      const log: string[] = []
      const task = createTask(function* () {
        try {
          yield* sleep(1000)
        } finally {
          log.push(yield* race([open(3, 'won'), open(5, 'lost')], { release: (value) => log.push(value) }))
        }
      })
      yield* sleep(0)
      task.cancel()
      yield* sleep(ms)
      task.cancel()
      expect(String(yield* outcome(task))).toBe('CancelledError')
      expect({ ms, log: log.toSorted() }).toEqual({ ms, log: ['lost', 'won'] })
    }
  })
})

describe('What a child of gather() brings that nobody receives', () => {
  it('goes back, before the failure and after it', function* () {
    const [early, late, kept] = [new Lock(), new Lock(), new Lock()]
    yield* late.acquire()
    const mine = createTask(kept.acquire())
    expect(yield* outcome(gather([early.acquire(), late.acquire(), failing(1), mine]))).toEqual(new Error('failed'))
    late.release()
    yield* sleep(1)
    expect({ early: early.locked(), late: late.locked(), kept: kept.locked() }).toEqual({
      early: false,
      late: false,
      kept: true,
    })
    kept.release()
    yield* mine
  })

  it('goes to `release` if it is cancelled, which waits for all', function* () {
    const released: unknown[] = []
    const release = function* (value: unknown): Coroutine<void> {
      yield* sleep(5)
      released.push(value)
    }
    const task = gather([open(10, 'a'), sleep(100), open(20, 'b')], { release })
    yield* sleep(1)
    task.cancel()
    expect([String(yield* outcome(task)), released]).toEqual(['CancelledError', ['a', 'b']])
  })

  it('goes to `release` after a failure, which is thrown at once', function* () {
    const released: unknown[] = []
    yield* outcome(gather([open(1, 'a'), failing(2), open(3, 'b')], { release: (value) => released.push(value) }))
    const before = [...released]
    yield* sleep(5)
    expect({ before, released }).toEqual({ before: ['a'], released: ['a', 'b'] })
  })

  it('goes back if its Task is cancelled in the turn in which the gather ends', function* () {
    const lock = new Lock()
    const task = createTask(function* () {
      yield* gather([lock.acquire(), sleep(5)])
    })
    yield* sleep(5)
    for (let turn = 0; turn < 5 && !task.done(); turn++) {
      task.cancel()
      yield* sleep(0)
    }
    expect({ outcome: String(yield* outcome(task)), locked: lock.locked() }).toEqual({
      outcome: 'CancelledError',
      locked: false,
    })
  })
})

describe('What a gather() has brought', () => {
  it('stays for another Task that waits for it, when one is cancelled in the turn in which it ends', function* () {
    const lock = new Lock()
    const gathering = gather([lock.acquire(), sleep(5)])
    const one = createTask(function* () {
      yield* gathering
    })
    const other = createTask(function* () {
      yield* wait([gathering])
      return gathering.result().length
    })
    gathering.addDoneCallback(() => one.cancel())
    yield* wait([one, other])
    expect({ one: one.cancelled(), other: yield* other, locked: lock.locked() }).toEqual({
      one: true,
      other: 2,
      locked: true,
    })
    lock.release()
  })
})

describe('What call() has brought to all Tasks of a list', () => {
  let toldThoughCancelled = 0
  type Pay = () => Coroutine<string>
  const ways: [name: string, payments: number, way: (pay: Pay) => Coroutine<unknown>][] = [
    ['createTask()', 1, (pay) => awaited(createTask(pay()))],
    ['gather()', 2, (pay) => awaited(gather([pay(), pay]))],
    ['gather() in gather()', 2, (pay) => awaited(gather([gather([pay(), pay])]))],
    ['a Task of a Task in gather()', 1, (pay) => awaited(gather([() => awaitedTask(pay)]))],
    ['a Task of race() in gather()', 1, (pay) => awaited(gather([() => race([pay, () => sleep(1000)])]))],
    ['gatherMap()', 2, (pay) => gatherMap([1, 2], pay)],
    ['gatherMap() with a concurrency', 3, (pay) => gatherMap([1, 2, 3], pay, { concurrency: 2 })],
    ['gatherMap() one at a time', 2, (pay) => gatherMap(['one', 'two'].values(), pay, { concurrency: 1 })],
    ['a Task of gatherMap() in gather()', 2, (pay) => awaited(gather([() => gatherMap([1, 2], pay)]))],
  ]
  function* awaited(future: Future): Coroutine<unknown> {
    return yield* future
  }
  function* awaitedTask(pay: Pay): Coroutine<unknown> {
    return yield* createTask(pay())
  }

  it.each(ways)('%s delivers, in whichever turn its Task is cancelled', function* (_name, payments, way) {
    let cancelled = 0
    for (let turn = 0, isOver = false; !isOver; turn++) {
      let paid = 0
      let isTold = false
      let hasGoneOn = false
      const pay: Pay = () => call(async () => String(++paid))
      const task = createTask(function* () {
        yield* way(pay)
        isTold = true
        yield* sleep(0)
        hasGoneOn = true
      })
      for (let n = 0; n < turn; n++) yield* sleep(0)
      isOver = !task.cancel()
      yield* outcome(task)
      expect({ turn, isTold, hasGoneOn }).toEqual({ turn, isTold: paid === payments, hasGoneOn: isOver })
      if (!isTold) cancelled++
      else if (!isOver) toldThoughCancelled++
    }
    expect(cancelled).toBeGreaterThan(0)
  })

  // In a page, or on a busy machine, a turn of the loop may last as long as the call.
  it.runIf(typeof setImmediate === 'function')('has come just before a cancel in some of these turns', () => {
    expect(toldThoughCancelled).toBeGreaterThan(0)
  })
})

describe('What a block of gatherMap() brings that nobody receives', () => {
  it('goes back, or to `release`', function* () {
    const lock = new Lock()
    const released: unknown[] = []
    const failed = yield* outcome(
      gatherMap(
        [0, 1, 2],
        (n): Coroutine<unknown> => (n === 0 ? lock.acquire() : n === 1 ? open(1, 'opened') : failing(2)),
        {
          release: (value) => released.push(value),
        },
      ),
    )
    expect({ failed, locked: lock.locked(), released }).toEqual({
      failed: new Error('failed'),
      locked: false,
      released: ['opened'],
    })
  })
})
