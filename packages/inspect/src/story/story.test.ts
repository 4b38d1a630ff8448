import fc from 'fast-check'
import { type Coroutine, createTask, sleep, taskGroup, timeout } from 'spindle'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording } from '../recording.ts'
import { formatRecording } from '../recording-file/format.ts'
import { parseRecording } from '../recording-file/parse.ts'
import { actions, actionsOf, recorded } from '../replay/random-programs.fixture.ts'
import { replay } from '../replay/replay.ts'
import { type Lane, type Segment, toStory } from './story.ts'

/** The state that a lane shows right after a row. */
function shown({ segments }: Lane, row: number): Segment | undefined {
  return segments.find(({ from, to }) => from <= row && row < to)
}

/** Whether a state agrees with the table: a Task is `ready` if it is in the queue, and only then. */
function fits(state: string | undefined, status: string | undefined, isReady: boolean): boolean {
  if (state === undefined || status === undefined) return true
  const isRunning = state === 'running' || state === 'erring'
  if (isReady !== (status === 'ready') || isRunning !== (status === 'running')) return false
  if (state === 'ready') return isReady
  return (state !== 'waiting' && state !== 'cleaning') || status === 'waiting'
}

/** The states of a lane, one after another. */
function states(recording: Recording, name: string): string[] {
  const { lanes } = toStory(recording)
  return lanes.find((lane) => lane.name === name)!.segments.map(({ state }) => state)
}

describe('A lane', () => {
  it('shows after each row the state that the replay has, in random programs', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(actions, (program) => {
        const { recording } = recorded(program)
        const { lanes } = toStory(recording)
        const cursor = replay(recording)
        const wrong: unknown[] = []
        for (const [n] of recording.rows.entries()) {
          const { tasks, ready } = cursor.seek(n)
          for (const lane of lanes) {
            const task = tasks.get(lane.task)
            const state = shown(lane, n)?.state
            if (state !== undefined) seen.add(state)
            if (state !== task?.activity || !fits(state, task?.status, ready.includes(lane.task)))
              wrong.push({ n, lane: lane.task, state, activity: task?.activity, status: task?.status })
          }
        }
        expect(wrong).toEqual([]) // once: a million assertions would take minutes
      }),
      { numRuns: randomCases(1000) },
    )
    expect([...seen]).toEqual(expect.arrayContaining(['ready', 'running', 'waiting', 'requested', 'erring']))
  })

  it('says of no Task that it cleans up after it has caught the error, and of each that does so, in random programs', () => {
    const seen = { caught: 0, cleaning: 0 }
    fc.assert(
      fc.property(actionsOf('sleep', 'spawn', 'spawn', 'cancel', 'catch', 'finally'), (program) => {
        // The first child is cancelled while it is in its first action.
        const { recording } = recorded([['spawn', 2], ['turn', 0], ['cancel', 0], ...program])
        const { lanes } = toStory(recording)
        for (const [n, row] of recording.rows.entries()) {
          if (row.kind !== 'print' || row.task === 0 || row.text === 'on') continue
          const lane = lanes.find(({ task }) => task === row.task)!
          // The wait that the program begins right after it has printed that.
          const wait = lane.segments.find(({ from }) => from > n)
          if (wait === undefined || wait.state === 'requested') continue
          const arrived = shown(lane, n)?.state === 'erring'
          if (row.text === 'caught') {
            expect(wait.state).toBe('waiting')
            seen.caught++
          } else if (arrived && !lane.segments.some(({ state, from }) => state === 'requested' && from > n)) {
            expect(wait.state).toBe('cleaning')
            seen.cleaning++
          }
        }
      }),
      { numRuns: randomCases(1000) },
    )
    expect(seen.caught).toBeGreaterThan(0)
    expect(seen.cleaning).toBeGreaterThan(0)
  })

  it('is not red after a catch, until its Task ends', () => {
    const recording = recordingOf(function* main() {
      const task = createTask(sleep(50))
      yield* sleep(1)
      task.cancel()
      try {
        yield* task
      } catch {}
      yield* sleep(10)
      yield* sleep(20)
    })
    for (const one of [recording, parseRecording(formatRecording(recording))])
      expect(states(one, 'main').slice(-7)).toEqual([
        'erring',
        'waiting',
        'ready',
        'running',
        'waiting',
        'ready',
        'running',
      ])
  })

  it('cleans up while the error is in its Task, also in a block that takes the request back', () => {
    const recording = recordingOf(function* main() {
      function* slow(): Coroutine<void> {
        try {
          yield* sleep(100)
        } finally {
          yield* sleep(5)
        }
      }
      try {
        yield* timeout(10, slow)
      } catch {}
      yield* sleep(10)
      yield* taskGroup(function* (group) {
        group.createTask(sleep(1))
      })
    })
    const seen = states(recording, 'main')
    expect(seen.filter((state) => state === 'cleaning')).toHaveLength(1)
    expect(seen.slice(seen.lastIndexOf('erring') + 1)).not.toContain('cleaning')
  })

  it('is ready, not waiting, after sleep(0)', () => {
    const recording = recordingOf(function* main() {
      yield* sleep(0)
    })
    expect(states(recording, 'main')).toEqual(['ready', 'running', 'ready', 'running'])
  })
})

describe('An error', () => {
  function* failing(): Coroutine<void> {
    throw new Error('no disk')
  }

  it('has an arrow, also if it comes from a Task that has ended long before it is awaited', () => {
    const recording = recordingOf(
      function* main() {
        const task = createTask(failing())
        yield* sleep(10)
        yield* task
      },
      { fails: true },
    )
    const { arrows, lanes } = toStory(recording)
    const end = (name: string): number => lanes.find((lane) => lane.name === name)!.end!.row
    expect(arrows.filter(({ kind }) => kind === 'error')).toEqual([
      { kind: 'error', fromTask: 2, fromRow: end('failing'), toTask: 1, toRow: end('main'), label: 'Error' },
    ])
  })

  it('has one of a cancelled Task that is awaited later', () => {
    const recording = recordingOf(
      function* main() {
        const task = createTask(sleep(100))
        yield* sleep(1)
        task.cancel()
        yield* sleep(1)
        yield* task
      },
      { fails: true },
    )
    const { arrows } = toStory(recording)
    expect(arrows.filter(({ kind }) => kind === 'error').map((one) => [one.fromTask, one.toTask, one.label])).toEqual([
      [2, 1, 'CancelledError'],
    ])
  })

  it('has a single one if the Task waited for it', () => {
    const recording = recordingOf(
      function* main() {
        yield* createTask(failing())
      },
      { fails: true },
    )
    expect(toStory(recording).arrows.filter(({ kind }) => kind === 'error')).toHaveLength(1)
  })
})
