// The combinators of compositions: everything that is exported and takes coroutines, each as a program writes it.

import { AsyncLocalStorage } from 'node:async_hooks'
import {
  any,
  asCompleted,
  type Coroutine,
  call,
  coroutine,
  createTask,
  ensureFuture,
  exitStack,
  FIRST_COMPLETED,
  forEach,
  gather,
  gatherMap,
  getRunningLoop,
  moveOnAfter,
  race,
  resource,
  retry,
  shield,
  sleep,
  type Task,
  taskGroup,
  timeout,
  uncancellable,
  wait,
  waitFor,
} from 'spindle'
import { abortable, iterate, timeoutAt, withAbortSignal } from 'spindle/more'
import { asyncFunction, withSpan, withStore } from 'spindle/node'
import type { Work } from './bridges.ts'
import type { World } from './world.ts'

export interface Given {
  readonly world: World
  readonly works: readonly [Work, ...Work[]]
  /** The limit of those that have one, in ms. */
  readonly limit: number
  /** To pass to those that take a `release`. */
  readonly options: { readonly release?: (value: unknown) => void }
}

export interface Combinator {
  /** Whether it delivers what its works have all returned, or its only one, however often it is cancelled meanwhile. */
  readonly delivers?: boolean | 'one'
  /** Whether a request to stop does not reach its works. */
  readonly shelters?: boolean
  /** Whether it reaches them late. */
  readonly putsOff?: boolean
  run(given: Given): Coroutine<unknown>
}

const STORAGE = new AsyncLocalStorage<string>()
const SPAN = { end: () => {}, recordException: () => {}, setStatus: () => {} }
const TRACER = { startActiveSpan: <T>(_name: string, fn: (span: typeof SPAN) => T): T => fn(SPAN) }

/** By the name of the function, and a comment where there are several ways to call it. */
export const COMBINATORS: Record<string, Combinator> = {
  nothing: { delivers: true, run: ({ works: [work] }) => work() },
  'nothing, one after another': {
    delivers: true,
    *run({ world, works }) {
      const taken: unknown[] = []
      try {
        for (const work of works) taken.push(yield* work())
        return taken
      } catch (error) {
        world.receive(taken)
        world.close(taken)
        throw error
      }
    },
  },
  coroutine: {
    delivers: true,
    run: ({ works: [work] }) =>
      coroutine(function* () {
        return yield* work()
      })(),
  },
  createTask: { delivers: true, run: ({ world, works: [work] }) => kept(world, () => createTask(work())) },
  ensureFuture: { delivers: true, run: ({ world, works: [work] }) => kept(world, () => ensureFuture(work) as Task) },
  gather: {
    delivers: true,
    *run({ works, options }) {
      return yield* gather(
        works.map((work) => work()),
        options,
      )
    },
  },
  'gather, returnExceptions': {
    delivers: true,
    *run({ works, options }) {
      return yield* gather([...works], { ...options, returnExceptions: true })
    },
  },
  gatherMap: {
    delivers: true,
    run: ({ works, options }) => gatherMap(works, (work) => work(), options),
  },
  'gatherMap, one at a time': {
    delivers: true,
    run: ({ works, options }) => gatherMap(works, (work) => work(), { ...options, concurrency: 1 }),
  },
  race: { delivers: 'one', run: ({ works, options }) => race([...works], options) },
  any: { delivers: 'one', run: ({ works, options }) => any([...works], options) },
  'race with a sleep': {
    delivers: 'one',
    run: ({ works, limit, options }) => race([() => sleep(limit), ...works], options),
  },
  wait: {
    *run({ world, works }) {
      const tasks = works.map((work) => createTask(work()))
      try {
        yield* wait(tasks, { returnWhen: FIRST_COMPLETED })
      } finally {
        for (const task of tasks) task.cancel()
        yield* uncancellable(() => wait(tasks))
        world.close(resultsOf(world, tasks))
      }
    },
  },
  asCompleted: {
    *run({ world, works }) {
      const tasks = works.map((work) => createTask(work()))
      try {
        for (const next of asCompleted(tasks)) yield* next
      } finally {
        for (const task of tasks) task.cancel()
        yield* uncancellable(() => wait(tasks))
        world.close(resultsOf(world, tasks))
      }
    },
  },
  waitFor: { run: ({ works: [work], limit }) => waitFor(work, limit) },
  timeout: { delivers: true, run: ({ works: [work], limit }) => timeout(limit, work) },
  timeoutAt: { delivers: true, run: ({ works: [work], limit }) => timeoutAt(getRunningLoop().time() + limit, work) },
  moveOnAfter: { delivers: true, run: ({ works: [work], limit }) => moveOnAfter(limit, work) },
  uncancellable: { delivers: true, shelters: true, run: ({ works: [work] }) => uncancellable(work) },
  exitStack: {
    delivers: true,
    putsOff: true,
    run: ({ works: [work] }) =>
      exitStack(function* (stack) {
        stack.defer(() => sleep(1))
        return yield* work()
      }),
  },
  resource: {
    delivers: true,
    putsOff: true,
    run: ({ works: [work] }) =>
      resource(
        () => sleep(1),
        () => sleep(1),
        work,
      ),
  },
  taskGroup: {
    delivers: true,
    *run({ world, works }) {
      const tasks: Task[] = []
      try {
        yield* taskGroup((group) => void tasks.push(...works.map((work) => group.createTask(work()))))
        return resultsOf(world, tasks)
      } catch (error) {
        world.close(resultsOf(world, tasks))
        throw error
      }
    },
  },
  withAbortSignal: { delivers: true, run: ({ works: [work] }) => withAbortSignal(() => work()) },
  abortable: { delivers: true, run: ({ works: [work] }) => abortable(new AbortController().signal, work) },
  shield: {
    shelters: true,
    *run({ world, works: [work] }) {
      const task = createTask(work())
      try {
        return yield* shield(task)
      } catch (error) {
        yield* uncancellable(() => wait([task]))
        world.close(resultsOf(world, [task]))
        throw error
      }
    },
  },
  retry: { delivers: true, run: ({ works: [work] }) => retry(work, { backoff: 1, jitter: false }) },
  forEach: {
    *run({ world, works }) {
      const taken: unknown[] = []
      try {
        yield* forEach(works, function* (work) {
          taken.push(yield* work())
        })
        return taken
      } catch (error) {
        world.receive(taken)
        world.close(taken)
        throw error
      }
    },
  },
  iterate: {
    *run({ works: [work] }) {
      using items = iterate([work])
      yield* items.next()
      return yield* work()
    },
  },
  withSpan: { delivers: true, run: ({ works: [work] }) => withSpan(TRACER, 'work', work) },
  withStore: { delivers: true, run: ({ works: [work] }) => withStore(STORAGE, 'store', work) },
  run: { shelters: true, run: ({ world, works: [work], options }) => call(() => world.run(work), options) },
  asyncFunction: {
    run: ({ works: [work], options }) =>
      taskGroup(function* (group) {
        const open = asyncFunction(group, work)
        // It looks for a signal among all of its arguments.
        const started = open as (signal: AbortSignal) => Promise<unknown>
        return yield* call((signal) => started(signal), options)
      }),
  },
}

/** Waits for a Task. Whoever is cancelled in the turn in which it ends has lost its result, and asks it again. */
function* kept(world: World, begin: () => Task): Coroutine<unknown> {
  const task = begin()
  try {
    return yield* task
  } catch (error) {
    world.close(resultsOf(world, [task]))
    throw error
  }
}

/** What finished Tasks have brought, of which the program now has hold. */
function resultsOf(world: World, tasks: readonly Task[]): unknown[] {
  const results = tasks.flatMap((task) =>
    task.done() && !task.cancelled() && task.exception() === undefined ? [task.result()] : [],
  )
  world.receive(results)
  return results
}
