// Random programs for the tests of everything derived from recordings.

import fc from 'fast-check'
import {
  type Coroutine,
  currentTask,
  ensureFuture,
  type Future,
  gather,
  sleep,
  type TaskGroup,
  taskGroup,
} from 'spindle'
import type { Recorder } from '../recorder/recorder.ts'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording } from '../recording.ts'

export type Action = readonly [
  what: 'sleep' | 'turn' | 'spawn' | 'cancel' | 'gather' | 'join' | 'print' | 'throw' | 'catch' | 'finally' | 'group',
  n: number,
]

export function actionsOf(...kinds: readonly Action[0][]): fc.Arbitrary<Action[]> {
  return fc.array(fc.tuple(fc.constantFrom(...kinds), fc.nat({ max: 5 })), { minLength: 1, maxLength: 12 })
}

export const actions: fc.Arbitrary<Action[]> = actionsOf(
  ...(['sleep', 'sleep', 'turn', 'turn', 'spawn', 'spawn', 'cancel', 'gather', 'join'] as const),
  ...(['print', 'throw', 'catch', 'finally', 'group'] as const),
)

/**
 * A program of one Task that creates others, each with the actions from its place on. It prints what it does with
 * errors.
 * @param starts called in the first step
 */
export function recorded(
  program: readonly Action[],
  starts?: (recorder: Recorder) => void,
): { recording: Recording; ends: Map<number, string> } {
  const made: Future<unknown>[] = []
  let recorder!: Recorder

  const say = (text: string): void =>
    recorder.add({ kind: 'print', task: recorder.idOf(currentTask()), text, stream: 'out' })

  function* act(from: number, depth: number, group?: TaskGroup): Coroutine<void> {
    if (depth === 0) starts?.(recorder)
    for (const [at, [what, n]] of program.entries()) {
      if (at < from) continue
      if (what === 'sleep') yield* sleep(n)
      else if (what === 'turn') yield* sleep(0)
      else if (what === 'spawn' && depth < 3) made.push(ensureFuture(act(at + 1 + n, depth + 1)))
      else if (what === 'cancel') made[n]?.cancel()
      else if (what === 'group' && group !== undefined && !currentTask()?.cancelling())
        group.createTask(act(at + 1 + n, 3)) // which its block may already wait for
      else if (what === 'group' && depth === 0) {
        yield* taskGroup((own) => {
          for (const first of [1, 2]) own.createTask(act(at + first, 3, own))
        })
      } else if (what === 'gather') yield* gather([act(at + 3, 3), act(at + 2, 3)])
      else if (what === 'print') recorder.add({ kind: 'print', task: 0, text: `${at}`, stream: 'out' })
      else if (what === 'join' && depth === 0 && made[n] !== undefined) yield* made[n]
      else if (what === 'catch') {
        try {
          yield* sleep(n)
        } catch {
          say('caught')
          yield* sleep(n + 1)
        }
      } else if (what === 'finally') {
        try {
          yield* sleep(n)
        } finally {
          say('cleans up')
          yield* sleep(n + 1)
        }
      } else if (what === 'throw' && depth > 0) throw new Error(`at ${at}`)
    }
  }
  const begin = (its: Recorder): Coroutine<void> => {
    recorder = its
    return act(0, 0)
  }
  const recording = recordingOf(begin, { turns: true, fails: true })
  const ends = made.map(
    (task) => [recorder.idOf(task), task.cancelled() ? 'cancelled' : task.exception() ? 'threw' : 'returned'] as const,
  )
  return { recording, ends: new Map(ends) }
}
