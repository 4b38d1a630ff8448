// Twelve bugs that programs with coroutines are known for. Each is named from its recording, without stepping.

import { type Coroutine, VirtualClock } from '@spindle/loop'
import { Condition, createTask, gather, Lock, newEventLoop, Queue, run, runSync, sleep, type Task } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { summary, toAccount } from '../pictures/account.ts'
import { toSVG } from '../pictures/draw.ts'
import { record } from '../recorder/record.ts'
import type { Recording, Row } from '../recording.ts'
import { formatRecording } from '../recording-file/format.ts'
import { parseRecording } from '../recording-file/parse.ts'
import { diagnose } from './diagnose.ts'

function recorded(main: () => Coroutine<void>, isReal = false): Recording {
  const loop = newEventLoop(isReal ? {} : { clock: new VirtualClock() })
  loop.setExceptionHandler(() => {})
  const active = record(loop)
  try {
    runSync(main(), { loopFactory: () => loop })
  } catch {} // what went wrong is in the recording
  return parseRecording(formatRecording(active.stop()))
}

function* holding(first: Lock, second: Lock): Coroutine<void> {
  using _ = yield* first.acquire()
  yield* sleep(1)
  using __ = yield* second.acquire()
}

function waiting(resource: string, name: string): Row[] {
  const task = name.charCodeAt(0) - 96
  return [
    { time: 0, kind: 'created', task, parent: 0, name, line: 0 },
    { time: 0, kind: 'step', task, by: 'start', from: 0 },
    { time: 0, kind: 'suspended', task, label: `${resource}.acquire()`, on: 0, positions: [] },
  ]
}

const bugs: readonly (readonly [bug: string, sentence: string, recording: () => Recording])[] = [
  [
    'two locks in opposite order',
    'deadlock: one waits for Lock 2, held by two; two waits for Lock, held by one: none of them can continue',
    () =>
      recorded(function* main() {
        const [a, b] = [new Lock(), new Lock()]
        yield* gather([createTask(holding(a, b), { name: 'one' }), createTask(holding(b, a), { name: 'two' })])
      }),
  ],
  [
    'a lock that its holder acquires again',
    'deadlock: main waits for Lock, which it holds itself: it never can continue',
    () =>
      recorded(function* main() {
        const lock = new Lock()
        yield* holding(lock, lock)
      }),
  ],
  [
    'Tasks that await each other',
    'deadlock: one waits for two; two waits for one: none of them can continue',
    () =>
      recorded(function* main() {
        const tasks: Task<void>[] = []
        function* other(n: number): Coroutine<void> {
          yield* sleep(1)
          yield* tasks[n]!
        }
        tasks.push(createTask(other(1), { name: 'one' }), createTask(other(0), { name: 'two' }))
        yield* gather(tasks)
      }),
  ],
  [
    'a lock that a failed Task never released',
    'stuck: main waits for Lock, held by careless, which ended without releasing it',
    () =>
      recorded(function* main() {
        const lock = new Lock()
        function* careless(): Coroutine<void> {
          yield* lock.acquire()
          throw new Error('no disk')
        }
        yield* gather([createTask(careless())], { returnExceptions: true })
        yield* lock.acquire()
      }),
  ],
  [
    'a producer whose consumer is gone',
    'stuck: main waits for room in Queue, which holds 2, and no Task is left that takes one',
    () =>
      recorded(function* main() {
        const queue = new Queue<number>(2)
        for (let n = 0; n < 5; n++) yield* queue.put(n)
      }),
  ],
  [
    'consumers that nobody tells of the end',
    'stuck: reader 1 and reader 2 wait for an item of Queue, and no Task is left that puts one',
    () =>
      recorded(function* main() {
        const queue = new Queue<number>()
        function* reader(): Coroutine<void> {
          for (;;) yield* queue.get()
        }
        const readers = [createTask(reader()), createTask(reader())]
        yield* queue.put(1)
        yield* gather(readers)
      }),
  ],
  [
    'a queue whose items are not reported as done',
    'stuck: main waits for the end of Queue: all items were taken, and taskDone() is missing for some',
    () =>
      recorded(function* main() {
        const queue = new Queue<number>()
        yield* queue.put(1)
        yield* queue.get()
        yield* queue.join()
      }),
  ],
  [
    'a notify() before the wait()',
    'stuck: main waits for Condition, and no Task is left that wakes it',
    () =>
      recorded(function* main() {
        const condition = new Condition()
        using _ = yield* condition.acquire()
        condition.notify()
        yield* condition.wait()
      }),
  ],
  [
    'a catch that swallows the cancel',
    'swallowed cancel: greedy swallowed the cancellation: it continued as if nothing had been requested',
    () =>
      recorded(function* main() {
        function* greedy(): Coroutine<void> {
          try {
            yield* sleep(100)
          } catch {}
          yield* sleep(100)
        }
        const task = createTask(greedy())
        yield* sleep(1)
        task.cancel()
        yield* task
      }),
  ],
  [
    'a computation that keeps the loop',
    'blocked loop: hog keeps the loop for N ms, from N ms on: ticker is late',
    () =>
      recorded(function* main() {
        function* ticker(): Coroutine<void> {
          yield* sleep(20)
        }
        function* hog(): Coroutine<void> {
          for (const end = performance.now() + 150; performance.now() < end; );
          yield* sleep(0)
        }
        yield* gather([createTask(ticker()), createTask(hog())])
      }, true),
  ],
  [
    'a semaphore that loses a wake-up when the Task it has picked is cancelled (CPython 3.10.5)',
    'lost wake-up: b waits for Semaphore, which is free: a wake-up was lost',
    () => ({
      version: 1,
      rows: [
        ...waiting('Semaphore', 'a'),
        ...waiting('Semaphore', 'b'),
        { time: 1, kind: 'resource', task: 0, resource: 'Semaphore', action: 'released', to: 0, value: 1 },
        { time: 1, kind: 'ready', task: 1 },
        { time: 1, kind: 'step', task: 1, by: 'cancel', from: 0 },
        { time: 1, kind: 'done', task: 1, outcome: 'cancelled', error: '', from: 0 },
        { time: 1, kind: 'ended', text: 'DeadlockError: one task waits', line: 0 },
      ],
    }),
  ],
  [
    'a semaphore at which a newcomer overtakes those who wait (bpo-45997)',
    'starvation: a waits for Semaphore, which b acquires 5 times meanwhile',
    () => ({
      version: 1,
      rows: [
        ...waiting('Semaphore', 'a'),
        ...waiting('Event', 'b'),
        ...Array.from({ length: 5 }, (_, n): Row[] => [
          { time: n, kind: 'resource', task: 2, resource: 'Semaphore', action: 'acquired', to: 0, value: 0 },
          { time: n, kind: 'resource', task: 2, resource: 'Semaphore', action: 'released', to: 0, value: 1 },
        ]).flat(),
      ],
    }),
  ],
]

describe('diagnose()', () => {
  it.each(bugs)('names %s', (_bug, sentence, make) => {
    const recording = make()
    const said = diagnose(recording).map(({ kind, text }) => `${kind}: ${text}`)
    expect(said.map((one) => one.replace(/\d+(\.\d+)? ms/g, 'N ms'))).toEqual([sentence])
    const text = said[0]!.slice(said[0]!.indexOf(': ') + 2)
    expect(summary(recording)).toContain(`${text}.`)
    // The picture breaks the line.
    const picture = toSVG(recording)
      .replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
    expect(picture).toContain(text)
  })

  it('says nothing of a run in which nothing is wrong, and nothing uncertain of one that goes on', () => {
    const loop = newEventLoop({ clock: new VirtualClock() })
    const active = record(loop)
    const seen: unknown[] = []
    function* main(): Coroutine<void> {
      const lock = new Lock()
      const queue = new Queue<number>()
      const reader = createTask(queue.get())
      const tasks = [createTask(holding(lock, new Lock())), createTask(holding(lock, new Lock()))]
      yield* sleep(0.5)
      seen.push(...diagnose(active.recording()))
      yield* queue.put(1)
      yield* gather([...tasks, reader])
    }
    runSync(main(), { loopFactory: () => loop })
    expect([seen, diagnose(active.stop())]).toEqual([[], []])
  })

  it('finds the DeadlockError of a run in the host as well', async () => {
    const loop = newEventLoop({ clock: new VirtualClock() })
    const active = record(loop)
    function* main(): Coroutine<void> {
      const lock = new Lock()
      yield* holding(lock, lock)
    }
    await expect(run(main(), { loopFactory: () => loop })).rejects.toThrow('nothing is left')
    const recording = active.stop()
    expect(toAccount(recording).map(({ text }) => text)).toContain(
      'DeadlockError: one task waits, and nothing is left that could wake it',
    )
  })
})
