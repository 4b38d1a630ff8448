// Kinds of step for the storm that are made of several coroutines. None of these may still run when its step is over,
// and a step that ends by itself has its result.

import type { Coroutine } from '@spindle/loop'
import {
  any,
  asCompleted,
  coroutineIterator,
  createTask,
  Event,
  exitStack,
  forEach,
  gather,
  gatherMap,
  RateLimiter,
  race,
  resource,
  retry,
  shield,
  sleep,
  taskGroup,
  uncancellable,
  wait,
  waitFor,
} from '@spindle/task'

/** What a step is made of. It returns its argument, after the pauses of the action, or throws it if it is an error. */
export interface Parts {
  hold<T>(value: T): Coroutine<T>
  open(): void
  close(): void
}

/** A step, and the result that it must have. */
export interface Step {
  readonly run: (parts: Parts) => Coroutine<unknown>
  readonly result?: unknown
}

/** Of an attempt: `any` reports it if the attempt fails just when `any` is cancelled. */
export const failure = new Error('of an attempt')

export const STEPS: Record<string, Step> = {
  gather: { run: ({ hold }) => gathered([hold(1), hold(2)]), result: [1, 2] },
  gatherMap: { run: ({ hold }) => gatherMap([1, 2, 3], hold, { concurrency: 2 }), result: [1, 2, 3] },
  taskGroup: {
    run: ({ hold }) =>
      taskGroup(function* (group) {
        const tasks = [group.createTask(hold(1)), group.createTask(hold(2))] as const
        return (yield* tasks[0]) + (yield* tasks[1])
      }),
    result: 3,
  },
  race: { run: ({ hold }) => race([hold(1), longer(hold, 2)]), result: 1 },
  any: { run: ({ hold }) => any([hold(failure), hold(1), longer(hold, 2)]), result: 1 },
  asCompleted: {
    *run({ hold }) {
      const tasks = [createTask(hold(1)), createTask(hold(2))]
      let sum = 0
      try {
        yield* forEach(asCompleted(tasks), function* (future) {
          sum += yield* future
        })
      } finally {
        yield* ended(tasks)
      }
      return sum
    },
    result: 3,
  },
  shield: {
    *run({ hold }) {
      const task = createTask(hold(1))
      try {
        return yield* shield(task)
      } finally {
        yield* uncancellable(() => wait([task]))
      }
    },
    result: 1,
  },
  wait: {
    *run({ hold }) {
      const tasks = [createTask(hold(1)), createTask(hold(2))]
      try {
        return (yield* wait(tasks)).done.size
      } finally {
        yield* ended(tasks)
      }
    },
    result: 2,
  },
  waitFor: { run: ({ hold }) => waitFor(hold(1), 60_000), result: 1 },
  uncancellable: { run: ({ hold }) => uncancellable(() => hold(1)), result: 1 },
  resource: {
    run: ({ hold, open, close }) =>
      resource(
        function* () {
          yield* hold(1)
          open()
          return 2
        },
        close,
        hold,
      ),
    result: 2,
  },
  exitStack: {
    run: ({ hold, open, close }) =>
      exitStack(function* (stack) {
        for (let n = 0; n < 2; n++) {
          open()
          stack.defer(function* () {
            yield* sleep(0)
            close()
          })
        }
        return yield* hold(1)
      }),
    result: 1,
  },
  forEach: {
    *run({ hold, open, close }) {
      let sum = 0
      open()
      const steps = {
        *next() {
          try {
            return { done: sum === 3, value: yield* hold(1) }
          } catch (error) {
            close() // a source that has thrown is not closed by others
            throw error
          }
        },
        *return() {
          yield* sleep(0)
          close()
        },
      }
      yield* forEach({ [coroutineIterator]: () => steps }, function* (n) {
        sum += yield* hold(n)
      })
      close()
      return sum
    },
    result: 3,
  },
  retry: {
    *run({ hold }) {
      let attempt = 0
      return yield* retry(() => hold(attempt++ === 0 ? failure : attempt), { backoff: 1 })
    },
    result: 2,
  },
  event: {
    *run({ hold }) {
      const event = new Event()
      const setter = createTask(hold(1))
      setter.addDoneCallback(() => event.set())
      try {
        yield* event.wait()
      } finally {
        yield* ended([setter])
      }
    },
  },
  limiter: {
    *run({ hold }) {
      const limiter = new RateLimiter(1, 1)
      for (let n = 0; n < 2; n++) yield* limiter.acquire()
      return yield* hold(1)
    },
    result: 1,
  },
}

function* gathered(coroutines: Coroutine<number>[]): Coroutine<number[]> {
  return yield* gather(coroutines)
}

function* longer(hold: Parts['hold'], value: number): Coroutine<number> {
  yield* sleep(60_000)
  return yield* hold(value)
}

function* ended(tasks: readonly { done(): boolean; cancel(): boolean }[]): Coroutine<void> {
  for (const task of tasks) task.cancel()
  yield* uncancellable(() => wait(tasks as never))
}
