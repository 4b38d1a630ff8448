// Decides whether a run has failed. An error is an error. A hang needs comparison: if a producer is cancelled, its
// consumer rightly waits forever. So a hang is compared with two runs in which the cancellation comes at a harmless
// moment:
//
//   earlier in the same wait   the Task had done the same by then, but had received nothing
//   never took part            the Task is cancelled before its first step, so it has touched nothing
//
// A Task that waits forever here, and ends there, waits for something that the cancelled Task took away with it. The
// cancelled Task itself has to end in any case, unless it waits for another Task.

import { isError } from 'spindle/internal'
import type { Failure } from '../explore/program.ts'
import type { Injected } from '../run/explored-queue.ts'
import type { Run } from '../run/explored-run.ts'
import type { Lane } from '../run/lanes.ts'
import type { ScheduleItem } from '../schedule/schedule.ts'
import { cancelWhileWaiting } from './cancel-points.ts'

/**
 * The verdict on a run.
 * @param waitingAnyway the Tasks that wait forever in the ordinary run
 * @param runAgain runs the program again, for comparison
 */
export function judge(
  outcome: Run,
  waitingAnyway: ReadonlySet<string>,
  runAgain: (items: readonly ScheduleItem[]) => Run,
): Failure | undefined {
  const { deadlock, failure } = outcome
  if (failure !== undefined) return goesOn(outcome) || isOfAbort(failure, outcome) ? undefined : failure
  if (deadlock !== undefined && (outcome.host.aborts?.made.length ?? 0) > 0) {
    return endsIfEarlier(outcome, runAgain) ? { kind: 'abandoned', error: deadlock } : undefined
  }
  const { injected } = outcome.queue
  const waiting = outcome.waiting.filter(({ path }) => !waitingAnyway.has(path)).map(({ path }) => path)
  if (waiting.length === 0 && deadlock === undefined) return undefined
  if (injected.length === 0) return deadlock && { kind: 'deadlock', error: deadlock }
  const error = deadlock ?? new Error(`${waiting.join(', ')} ${waiting.length === 1 ? 'waits' : 'wait'} forever`)
  const items = outcome.choices.made.filter(({ kind }) => kind !== 'cancel')
  /** Which of the Tasks that wait forever do not with these cancellations. */
  const endWith = (cancels: readonly ScheduleItem[] | undefined): readonly Lane[] => {
    if (cancels === undefined) return []
    const other = runAgain([...items, ...cancels])
    if (other.failure !== undefined || !areMade(cancels, other)) return []
    const still = new Set(other.waiting.map(({ path }) => path)) // as of then: all are done once the loop is closed
    // Where another Task waits instead, the hang has only moved: there are fewer items than consumers.
    for (const path of still) if (!waiting.includes(path) && !waitingAnyway.has(path)) return []
    return waiting.flatMap((path) => (still.has(path) ? [] : (other.queue.lanes.byPath(path) ?? [])))
  }
  if (endWith(cancelledEarlier(outcome, 'wakeUpAt')).length > 0) return { kind: 'lost wake-up', error }
  if (endWith(cancelledEarlier(outcome, 'waitsSince')).length > 0) return { kind: 'cancel race', error }
  const cancelled = new Set(injected.map(({ lane }) => lane.path))
  const isTaken = endWith(neverTakingPart(injected, items)).some(
    ({ path, task }) => !cancelled.has(path) && task?.cancelled() === false,
  )
  if (isTaken) return { kind: 'abandoned', error }
  return outcome.isCancelledStuck ? { kind: 'deadlock', error } : undefined
}

/** Whether a run has made these cancellations. A Task that a cancelled one would have created takes no part either. */
function areMade(cancels: readonly ScheduleItem[], { choices }: Run): boolean {
  const paths = cancels.flatMap((item) => (item.kind === 'cancel' ? item.path : []))
  return cancels.every(
    (item) =>
      choices.applied.has(item) || (item.kind === 'cancel' && paths.some((path) => item.path.startsWith(`${path}/`))),
  )
}

/**
 * Whether the program only says that it was aborted. If a schedule aborts a controller of the program itself, any
 * error of it may be right.
 */
function isOfAbort({ kind, error }: Failure, { host: { aborts } }: Run): boolean {
  const [abort] = aborts?.made ?? []
  if (abort === undefined || kind === 'endless') return false
  if (abort.which > 0) return true
  for (let one = error; isError(one); one = one.cause) {
    if (/abort|cancel/i.test(`${one.name} ${one.message}`)) return true
  }
  return false
}

/** Whether the program would have ended if the signal had been aborted at an earlier moment. */
function endsIfEarlier({ host: { aborts }, choices }: Run, runAgain: (items: readonly ScheduleItem[]) => Run) {
  const [abort] = aborts?.made ?? []
  const others = choices.made.filter((item) => item !== abort)
  return (
    abort !== undefined &&
    aborts?.earlier(abort).some((earlier) => {
      const { deadlock, failure, host } = runAgain([...others, earlier])
      return deadlock === undefined && failure?.kind !== 'endless' && (host.aborts?.made.length ?? 0) > 0
    })
  )
}

/** Whether the run was cut short, although it only takes longer because timers do. */
function goesOn({ failure, queue, choices }: Run): boolean {
  if (failure?.kind !== 'endless' || choices.asked || !choices.made.some(({ kind }) => kind === 'duration'))
    return false
  const { times } = queue
  return (times.at(-1) ?? 0) > (times[times.length >> 1] ?? 0)
}

/** The cancellations with the last one at an earlier moment of its wait; undefined if there is none. */
function cancelledEarlier({ queue }: Run, when: 'wakeUpAt' | 'waitsSince'): readonly ScheduleItem[] | undefined {
  const before = queue.injected.slice(0, -1)
  const last = queue.injected.at(-1)
  const moment = last?.[when]
  // With a different order of two cancellations, the runs are not comparable.
  if (last === undefined || moment === undefined || before.some(({ point }) => point >= moment)) return undefined
  const { item, lane } = last
  const earlier = cancelWhileWaiting(queue, lane.path, moment)
  return item.step === earlier.step ? undefined : [...before.map((one) => one.item), earlier]
}

/** The Tasks are cancelled before their first steps; undefined if the runs are not comparable. */
function neverTakingPart(
  injected: readonly Injected[],
  items: readonly ScheduleItem[],
): readonly ScheduleItem[] | undefined {
  if (injected.every(({ step }) => step === 1)) return undefined // that is this run
  // Without the Task, other steps would be late, and each Task that looks at something then may decide otherwise.
  if (!items.every(({ kind }) => kind === 'duration' || kind === 'choice')) return undefined
  const paths = [...new Set(injected.map(({ lane }) => lane.path))]
  return paths.map((path) => ({ kind: 'cancel', path, where: 'before', step: `${path}#1` }))
}
