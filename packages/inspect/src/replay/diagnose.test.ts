// Two bugs that the Lab's gallery of famous bugs cannot have, because the primitives do not have them any more.

import {
  type Coroutine,
  createTask,
  Event,
  Future,
  gather,
  Lock,
  newEventLoop,
  Queue,
  run,
  shield,
  sleep,
} from 'spindle'
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

function lostWakeUp(): Recording {
  const waiting: Future<void>[] = []
  function* turn(): Coroutine<void> {
    const future = new Future<void>()
    waiting.push(future)
    yield* future
    waiting.shift()?.setResult()
  }
  return recordingOf(
    function* main() {
      const [first, second] = ['a', 'b', 'c'].map((name) => createTask(turn(), { name }))
      yield* sleep(1)
      waiting.shift()?.setResult()
      first?.cancel()
      yield* second!
    },
    { fails: true },
  )
}

function* saves(): Coroutine<void> {
  yield* sleep(50)
}

function forgottenShield(): Recording {
  return recordingOf(function* main() {
    const request = createTask(
      (function* request(): Coroutine<void> {
        yield* shield(saves())
      })(),
    )
    yield* sleep(1)
    request.cancel()
    yield* sleep(1)
  })
}

function outlives(): Recording {
  return recordingOf(function* main() {
    yield* createTask(
      (function* request(): Coroutine<void> {
        createTask(saves())
      })(),
    )
  })
}

/** What a recording says of a program that goes on. */
function whileRunning(...program: Coroutine<void>[]): Recording {
  let recording: Recording | undefined
  recordingOf(function* main(recorder) {
    const tasks = program.map((one) => createTask(one))
    yield* sleep(6000)
    recording = structuredClone(recorder.recording())
    for (const task of tasks) task.cancel()
  })
  return recording!
}

function fullQueue(): Recording {
  const queue = new Queue<number>(1)
  return whileRunning(
    (function* producer(): Coroutine<void> {
      for (let item = 0; ; item++) yield* queue.put(item)
    })(),
    (function* consumer(): Coroutine<void> {
      yield* queue.get()
      yield* sleep(9000)
    })(),
  )
}

function notEnded(): Recording {
  return whileRunning(
    (function* stops(): Coroutine<void> {
      const flusher = createTask(flush(), { name: 'flusher' })
      yield* sleep(1)
      flusher.cancel()
      yield* sleep(9000)
    })(),
  )
}

function* flush(): Coroutine<void> {
  try {
    yield* sleep(1000)
  } finally {
    yield* sleep(9000)
  }
}

function growing(): Recording {
  const event = new Event()
  function* audit(): Coroutine<void> {
    yield* event.wait()
  }
  return whileRunning(
    (function* server(): Coroutine<void> {
      for (;;) {
        createTask(audit())
        yield* sleep(30)
      }
    })(),
  )
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
    'a lock of its own that loses a wake-up when the Task it has picked is cancelled',
    'lost wake-up: a was woken at a Future, cancelled by main before it ran, and woke no other: b and c still wait there',
    lostWakeUp,
  ],
  [
    'a shield() whose Task nothing waits for any more',
    'forgotten shield: saves goes on behind the shield() of request, which was cancelled: run() cancels it',
    forgottenShield,
  ],
  [
    'a Task that nothing waits for when its maker has ended',
    'outlives its maker: saves outlives request, which made it: run() cancels it',
    outlives,
  ],
  [
    'a queue from which nothing is taken, while the program runs',
    'full queue: producer waits for room in Queue 1, which holds 1: consumer took the last one 6.0 s ago, and waits for sleep(9000)',
    fullQueue,
  ],
  [
    'a clean-up that does not end, while the program runs',
    'cancelled, not ended: flusher was cancelled by stops 6.0 s ago, and has not ended: it waits for sleep(9000)',
    notEnded,
  ],
  [
    'a function whose Tasks never end, while the program runs',
    'growing: 200 Tasks audit began in 6.0 s, the last of them 0.0 s ago, and none has ended',
    growing,
  ],
  [
    'a worker that is cancelled with an item in its hands',
    'lost item: main waits for the end of Queue 1: all items were taken, and taskDone() is missing for some; worker took one, and did not return',
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

  it('handles circles of very many, and very many locks', () => {
    const many = Array.from({ length: 20_000 }, (_, n) => n + 1)
    const rows = (waitFor: (task: number) => number): Row[] => [
      ...many.map((task): Row => ({ time: 0, kind: 'created', task, parent: 0, name: `t${task}`, line: 0 })),
      ...many.map((task): Row => {
        const use = { action: 'acquired', to: 0, value: 0 } as const
        return { time: 0, kind: 'resource', task, resource: `Lock ${task}`, ...use }
      }),
      ...many.map((task): Row => {
        const label = task < many.length / 2 ? `Lock ${waitFor(task)}.acquire()` : 'sleep(1)'
        return { time: 0, kind: 'suspended', task, label, on: 0, positions: [] }
      }),
    ]
    expect(diagnose({ version: 1, rows: rows((task) => task + 10_000) })).toEqual([])
    const [{ text, tasks } = { text: '', tasks: [] }] = diagnose({ version: 1, rows: rows((n) => (n % 9999) + 1) })
    expect(tasks).toHaveLength(9999)
    expect(text).toMatch(
      /^t1 waits for Lock 2, held by t2; .*; 9988 more, each for the next; t9999 waits for Lock 1, held by t1: none of/,
    )
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
