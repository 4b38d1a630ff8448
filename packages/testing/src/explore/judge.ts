// Decides whether a run has failed. An error is an error. A hang needs comparison: if a producer is cancelled, its
// consumer rightly waits forever. So a hang is compared with two runs in which the cancellation comes at a harmless
// moment:
//
//   earlier in the same wait   the Task had done the same by then, but had received nothing
//   never took part            the Task is cancelled before its first step, so it has touched nothing
//
// A Task that waits forever here, and ends there, waits for something that the cancelled Task took away with it. The
// cancelled Task itself has to end in any case, unless it waits for another Task.

import type { Outcome } from './explored-run.ts'
import type { Lane } from './lanes.ts'
import type { Failure } from './program.ts'
import type { ScheduleItem } from './schedule.ts'
import type { CancelAt, Injected } from './watched-queue.ts'

/** Runs the program again, for comparison. */
export type RunAgain = (items: readonly ScheduleItem[], cancels: readonly CancelAt[]) => Outcome

/**
 * The verdict on a run.
 * @param waitingAnyway the Tasks that wait forever in the ordinary run
 * @param itemsOf the schedule of the run, without its cancellations
 */
export function judge(
  outcome: Outcome,
  waitingAnyway: ReadonlySet<string>,
  itemsOf: (outcome: Outcome) => readonly ScheduleItem[],
  runAgain: RunAgain,
): Failure | undefined {
  if (outcome.failure !== undefined) return goesOn(outcome) ? undefined : outcome.failure
  const waiting = outcome.waiting.filter(({ path }) => !waitingAnyway.has(path))
  if (waiting.length === 0 && outcome.deadlock === undefined) return undefined
  if (outcome.injected.length === 0) return outcome.deadlock && { kind: 'deadlock', error: outcome.deadlock }
  const paths = waiting.map(({ path }) => path)
  const error = outcome.deadlock ?? new Error(`${paths.join(', ')} ${paths.length === 1 ? 'waits' : 'wait'} forever`)
  const items = itemsOf(outcome)
  const earlier = (moment: 'wakeUpAt' | 'waitsSince'): boolean => {
    const cancels = cancelledEarlier(outcome.injected, moment)
    if (cancels === undefined) return false
    return endedThere(runAgain(items, cancels), paths, waitingAnyway).length > 0
  }
  if (earlier('wakeUpAt')) return { kind: 'lost wake-up', error }
  if (earlier('waitsSince')) return { kind: 'cancel race', error }
  if (endsWithout(outcome.injected, paths, waitingAnyway, items, runAgain)) return { kind: 'abandoned', error }
  if (outcome.isCancelledStuck) return { kind: 'deadlock', error }
  return undefined
}

/** Whether the run was cut short, although it only takes longer because timers do. */
function goesOn({ failure, plan: { queue, entropy } }: Outcome): boolean {
  if (failure?.kind !== 'endless' || entropy.asked || entropy.items.length === 0) return false
  const { times } = queue
  return (times.at(-1) ?? 0) > (times[times.length >> 1] ?? 0)
}

/** The same cancellations, but the last one at an earlier moment of the same wait; undefined if there is none. */
function cancelledEarlier(
  injected: readonly Injected[],
  when: 'wakeUpAt' | 'waitsSince',
): readonly CancelAt[] | undefined {
  const before = injected.map(({ lane, point }) => ({ path: lane.path, point }))
  const last = injected.at(-1)
  const moment = last?.[when]
  before.pop()
  // With a different order of two cancellations, the runs are not comparable.
  if (last === undefined || moment === undefined || moment === last.point) return undefined
  if (before.some(({ point }) => point >= moment)) return undefined
  return [...before, { path: last.lane.path, point: moment }]
}

/** Whether one of the Tasks ends by itself where the cancelled Tasks never took part. It must exist there, too. */
function endsWithout(
  injected: readonly Injected[],
  waiting: readonly string[],
  waitingAnyway: ReadonlySet<string>,
  items: readonly ScheduleItem[],
  runAgain: RunAgain,
): boolean {
  if (injected.every(({ step }) => step === 1)) return false // that is this run
  // Without the Task, other steps would be late, and each Task that looks at something then may decide otherwise.
  if (!items.every(({ kind }) => kind === 'duration' || kind === 'choice')) return false
  const cancelled = new Set(injected.map(({ lane }) => lane.path))
  const never = [...cancelled].map(
    (path): ScheduleItem => ({ kind: 'cancel', path, where: 'before', step: `${path}#1` }),
  )
  const other = runAgain([...items, ...never], [])
  const ended = endedThere(other, waiting, waitingAnyway)
  return ended.some((path) => !cancelled.has(path) && endsByItself(other.plan.queue.lanes.byPath(path)))
}

/** Which of the Tasks that wait forever do not in another run. */
function endedThere(other: Outcome, waiting: readonly string[], waitingAnyway: ReadonlySet<string>): readonly string[] {
  if (other.failure !== undefined) return []
  const still = new Set(other.waiting.map(({ path }) => path)) // as of then: all are done once the loop is closed
  // Where another Task waits instead, the hang has only moved: there are fewer items than consumers.
  for (const path of still) if (!waiting.includes(path) && !waitingAnyway.has(path)) return []
  return waiting.filter((path) => !still.has(path))
}

function endsByItself(lane: Lane | undefined): boolean {
  return lane?.task !== undefined && !lane.task.cancelled()
}
