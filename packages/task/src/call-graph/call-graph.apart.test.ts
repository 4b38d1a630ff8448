import { type Coroutine, type Future, getRunningLoop, RuntimeError } from '@spindle/loop'
import { inVirtualTime } from '@spindle/testing'
import { describe, expect, it as vitestIt } from 'vitest'
import { asCompleted } from '../combinators/as-completed.ts'
import { gather } from '../combinators/gather.ts'
import { shield } from '../combinators/shield.ts'
import { wait } from '../combinators/wait.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { sleep } from '../coroutines/sleep.ts'
import { futureAddToAwaitedBy, futureDiscardFromAwaitedBy } from '../explain/awaited-by.ts'
import { taskGroup } from '../scopes/task-group.ts'
import { timeout } from '../scopes/timeout.ts'
import { currentTask } from '../tasks/current-task.ts'
import { createTask } from '../tasks/ensure-future.ts'
import { Task } from '../tasks/task-class.ts'
import { captureCallGraph, type FutureCallGraph, formatCallGraph, printCallGraph } from './call-graph.ts'

/** In virtual time, with a name for the Task of the test. */
function it(name: string, test: () => Coroutine<void>): void {
  const named = inVirtualTime(function* () {
    currentTask()?.setName('main')
    yield* test()
  })
  vitestIt(name, named)
}

describe('captureCallGraph', () => {
  it('gives the stack of the current Task, and who awaits it, a group and other Tasks', function* () {
    let graph: unknown
    function c5(): void {
      graph = outline(captureCallGraph())
    }
    const c4 = coroutine(function* c4(): Coroutine<void> {
      yield* sleep(0)
      c5()
    })
    const c2 = coroutine(function* c2(): Coroutine<void> {
      yield* c4()
    })
    function* c1(task: Future): Coroutine<void> {
      yield* task
    }
    yield* taskGroup(function* (group) {
      const task = group.createTask(c2(), { name: 'root' })
      group.createTask(c1(task), { name: 'sub 1' })
      group.createTask(c1(task), { name: 'sub 2' })
    })
    const main = ['main', expect.any(Array), []]
    expect(graph).toEqual([
      'root',
      ['c5()', 'async c4()', 'async c2()'],
      // the callback of the group was added first
      [main, ['sub 1', ['async c1()'], [main]], ['sub 2', ['async c1()'], [main]]],
    ])
  })

  const ways: Record<string, (task: Task) => Coroutine<unknown> | Future> = {
    gather: (task) => gather([task]),
    shield: (task) => shield(task),
    wait: (task) => wait([task]),
    asCompleted: (task) => [...asCompleted([task])][0] as Coroutine<unknown>,
    'yield*': (task) => task,
  }
  for (const [how, awaiting] of Object.entries(ways)) {
    it(`knows who awaits by ${how}`, function* () {
      let graph: FutureCallGraph | undefined
      function* deep(): Coroutine<void> {
        yield* sleep(0)
        graph = captureCallGraph()
      }
      const task = createTask(deep(), { name: 'deep' })
      function* waits(): Coroutine<void> {
        yield* awaiting(task)
      }
      yield* createTask(waits(), { name: 'waits' })
      expect(outline(graph, 0)).toEqual(['deep', [['waits', [['main', []]]]]])
      expect(outline(captureCallGraph(task), 0)).toEqual(['deep', []]) // nobody awaits it any more
    })
  }

  it('shows bare coroutines as they run inside of each other, and blocks', function* () {
    let graph: FutureCallGraph | undefined
    function* inner(): Coroutine<void> {
      yield* sleep(0)
      graph = captureCallGraph()
    }
    function* c1(): Coroutine<void> {
      yield* timeout(1, function* block() {
        yield* inner()
      })
    }
    yield* shield(c1())
    expect((outline(graph) as unknown[])[1]).toEqual([
      'async inner()',
      'async block()',
      'async timeout()',
      'async c1()',
    ])
  })

  it('starts from any Future', function* () {
    const future = getRunningLoop().createFuture<void>()
    function* a2(): Coroutine<void> {
      yield* future
    }
    const a1 = coroutine(function* a1(): Coroutine<void> {
      yield* a2()
    })
    function* b1(): Coroutine<void> {
      yield* future
    }
    const graph = yield* taskGroup(function* (group) {
      group.createTask(a1(), { name: 'A' })
      group.createTask(b1(), { name: 'B' })
      yield* sleep(0)
      future.setResult()
      return undefined
    })
    expect(graph).toBe(undefined)
    const pending = getRunningLoop().createFuture<void>()
    const waiting = [createTask(waits(pending), { name: 'A' }), createTask(waits(pending), { name: 'B' })]
    yield* sleep(0)
    expect(outline(captureCallGraph(pending))).toEqual([
      'future',
      [],
      [
        ['A', ['async waits()'], []],
        ['B', ['async waits()'], []],
      ],
    ])
    pending.setResult()
    yield* wait(waiting)
  })

  it('leaves out as much of the stacks as is asked for', function* () {
    const names = (options: Parameters<typeof captureCallGraph>[1]): unknown =>
      captureCallGraph(undefined, { ...options, depth: 2 + (options?.depth ?? 0) })?.callStack.map(({ name }) => name)
    const log: unknown[] = []
    const inner = coroutine(function* inner(): Coroutine<void> {
      yield* sleep(0)
      for (const limit of [undefined, 2, -2, 0]) log.push(names({ limit }))
      log.push(names({ depth: 1 }))
    })
    const middle = coroutine(function* middle(): Coroutine<void> {
      yield* inner()
    })
    function* outer(): Coroutine<void> {
      yield* middle()
    }
    yield* createTask(outer())
    expect(log).toEqual([
      ['inner', 'middle', 'outer'],
      ['middle', 'outer'],
      ['inner', 'middle'],
      [],
      ['middle', 'outer'],
    ])
  })

  it('returns nothing in a callback, and refuses other objects', function* () {
    const found = getRunningLoop().createFuture<unknown>()
    getRunningLoop().callSoon(() => found.setResult([captureCallGraph(), formatCallGraph()]))
    expect(yield* found).toEqual([undefined, ''])
    expect(() => captureCallGraph(5 as never)).toThrow(
      new TypeError('5 object does not appear to be compatible with Future'),
    )
  })

  vitestIt('refuses to guess outside a running loop', () => {
    expect(() => captureCallGraph()).toThrow(RuntimeError)
  })

  // gh-156860
  it('stays cheap if several Tasks await one Task, and ends if they await each other', function* () {
    const future = getRunningLoop().createFuture<void>()
    let layer: Future[] = [future]
    function* waitsForAll(futures: readonly Future[]): Coroutine<void> {
      yield* gather(futures)
    }
    const all: Task[] = []
    for (let level = 0; level < 30; level++) {
      const below = layer
      layer = [createTask(waitsForAll(below)), createTask(waitsForAll(below))]
      all.push(...(layer as Task[]))
    }
    yield* sleep(0)
    const text = formatCallGraph(future, { limit: 0 })
    expect(text.split('\n').filter((line) => line.includes('* Task'))).toHaveLength(2 + 29 * 4)
    future.setResult()
    yield* gather(all)

    const [one, two] = [createTask(sleep(1), { name: 'one' }), createTask(sleep(1), { name: 'two' })]
    futureAddToAwaitedBy(one, two)
    futureAddToAwaitedBy(two, one)
    const graph = captureCallGraph(one)
    expect(graph?.awaitedBy[0]?.awaitedBy[0]).toBe(graph)
    expect(formatCallGraph(one, { limit: 0 })).toBe(`* Task(name='one')
  + Awaited by:
    * Task(name='two')
      + Awaited by:
        * Task(name='one'), shown above`)
    yield* gather([one, two])
  })

  it('can be drawn of a chain of ten thousand Tasks', function* () {
    let last: Task = createTask(sleep(1))
    const first = last
    for (let i = 0; i < 10_000; i++) last = createTask(waits(last))
    yield* sleep(0)
    let depth = 0
    for (let graph = captureCallGraph(first, { limit: 0 }); graph !== undefined; graph = graph.awaitedBy[0]) depth++
    expect(depth).toBe(10_001)
    yield* last
  })
})

describe('futureAddToAwaitedBy', () => {
  it('notes an awaiter that can not be seen, until that is taken back', function* () {
    const future = getRunningLoop().createFuture<void>()
    const task = createTask(sleep(1), { name: 'waiter' })
    futureAddToAwaitedBy(future, task)
    futureAddToAwaitedBy(future, task)
    expect(outline(captureCallGraph(future), 0)).toEqual(['future', [['waiter', []]]])
    futureDiscardFromAwaitedBy(future, task)
    futureDiscardFromAwaitedBy(future, task)
    expect(outline(captureCallGraph(future), 0)).toEqual(['future', []])
    futureAddToAwaitedBy(5 as never, task) // as in asyncio, what is no Future is passed over
    yield* task
  })

  // gh-155143, gh-155854
  it('need not be called for a shield, nor be taken back when its Task is cancelled', function* () {
    const inner = createTask(sleep(3600), { name: 'inner' })
    const tasks = ['alive', 'cancelled'].map((name) => createTask(waits(shield(inner)), { name }))
    function* waiter(): Coroutine<void> {
      yield* shield(inner)
    }
    const alive = createTask(waiter(), { name: 'alive waiter' })
    const cancelled = createTask(waiter(), { name: 'cancelled waiter' })
    yield* sleep(0)
    cancelled.cancel()
    for (const task of tasks) task.cancel()
    yield* wait([...tasks, cancelled])
    expect(outline(captureCallGraph(inner), 0)).toEqual(['inner', [['alive waiter', []]]])
    inner.cancel()
    yield* wait([alive])
  })
})

describe('printCallGraph', () => {
  it('prints where each stands', function* () {
    const printed: string[] = []
    function* work(): Coroutine<void> {
      yield* sleep(0)
      printCallGraph(undefined, { print: (text) => printed.push(text) })
    }
    yield* createTask(work(), { name: 'worker' })
    expect(printed.join('').replaceAll(/line \d+/g, 'line N')).toMatch(
      /^\* Task\(name='worker'\)\n {2}\+ Call stack:\n {2}\| {3}File 'packages\/task\/src\/call-graph\/call-graph.apart.test.ts', line N, in async work\(\)\n {2}\+ Awaited by:\n {4}\* Task\(name='main'\)\n/,
    )
  })
})

function* waits(future: Future): Coroutine<void> {
  yield* future
}

function outline(graph: FutureCallGraph | undefined, limit?: 0): unknown {
  if (graph === undefined) return undefined
  const { future, callStack, awaitedBy } = graph
  const name = future instanceof Task ? future.getName() : 'future'
  const stack = callStack.map((entry) => `${entry.isCoroutine ? 'async ' : ''}${entry.name}()`)
  const awaiters = awaitedBy.map((awaiter) => outline(awaiter, limit))
  return limit === 0 ? [name, awaiters] : [name, stack, awaiters]
}
