// Two bugs that the Lab's gallery of famous bugs cannot have, because the primitives do not have them any more.

import { type Coroutine, createTask, gather, Lock, newEventLoop, Queue, run, sleep } from 'spindle'
import { VirtualClock } from 'spindle/more'
import { describe, expect, it } from 'vitest'
import { summary, toAccount } from '../pictures/account.ts'
import { toSVG } from '../pictures/draw.ts'
import { record } from '../recorder/record.ts'
import type { Recorder } from '../recorder/recorder.ts'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording, Row } from '../recording.ts'
import { diagnose } from './diagnose.ts'

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

function lostItem(): Recording {
  function* worker(queue: Queue<number>): Coroutine<void> {
    yield* queue.get()
    yield* sleep(20)
    queue.taskDone()
  }
  function* main(): Coroutine<void> {
    const queue = new Queue<number>()
    yield* queue.put(1)
    const task = createTask(worker(queue), { name: 'worker' })
    yield* sleep(10)
    task.cancel()
    yield* queue.join()
  }
  return recordingOf(main, { fails: true })
}

const bugs: readonly (readonly [bug: string, sentence: string, recording: () => Recording])[] = [
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
    'a worker that is cancelled with an item in its hands',
    'lost item: main waits for the end of Queue: all items were taken, and taskDone() is missing for some; worker took one, and did not return',
    lostItem,
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

  it('says nothing of a correct run, and nothing uncertain of a run that continues', () => {
    const seen: unknown[] = []
    function* main(recorder: Recorder): Coroutine<void> {
      const lock = new Lock()
      const queue = new Queue<number>()
      const reader = createTask(queue.get())
      const tasks = [createTask(holding(lock, new Lock())), createTask(holding(lock, new Lock()))]
      yield* sleep(0.5)
      seen.push(...diagnose(recorder.recording()))
      yield* queue.put(1)
      yield* gather([...tasks, reader])
    }
    expect([diagnose(recordingOf(main)), seen]).toEqual([[], []])
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
