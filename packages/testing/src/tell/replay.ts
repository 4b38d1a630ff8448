// Turns a run into a schedule, writes the call that runs it again, and explains why a schedule no longer applies.

import { nameOf, repr } from 'spindle/internal'
import type { Caller, ExploreOptions } from '../explore/options.ts'
import type { Program } from '../explore/program.ts'
import type { Run } from '../run/explored-run.ts'
import type { Lanes } from '../run/lanes.ts'
import { formatItem, type ScheduleItem } from '../schedule/schedule.ts'

const SAYS_WHAT_RUNS: ReadonlySet<string> = new Set(['setup', 'check', 'always', 'times', 'maxSteps'])

/** The call as it was written, except that it runs this schedule only. */
export function callToReplay<S, T>(
  replay: string,
  program: Program<S, T>,
  options: ExploreOptions<S, T>,
  { writtenAs = (name, told) => `await explore(${name}, { ${told.join(', ')} })` }: Caller,
): string {
  const given = Object.entries(options).filter(([name, value]) => SAYS_WHAT_RUNS.has(name) && value !== undefined)
  const told = given.map(([name, value]) => (typeof value === 'function' ? name : `${name}: ${repr(value)}`))
  return writtenAs(nameOf(program) || 'program', [...told, `replay: ${inQuotes(replay)}`])
}

function inQuotes(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}

/** @throws RangeError if an item had no effect */
export function checkApplied(items: readonly ScheduleItem[], outcome: Run): void {
  const unfit = items.filter((item) => !outcome.choices.applied.has(item))
  if (unfit.length === 0) return
  const reasons = unfit.map((item) => `\n  ${formatItem(item)}: ${whyUnfit(item, outcome)}`)
  throw new RangeError(`replay no longer applies:${reasons.join('')}`)
}

function whyUnfit(item: ScheduleItem, { queue, clock }: Run): string {
  if (item.kind === 'late') {
    return `the loop never wakes at ${item.step}, but at ${clock.jumps.join(', ') || 'no time at all'}`
  }
  if (item.kind === 'abort') return 'the signal is not there, or it is aborted already'
  for (const step of item.kind === 'cancel' ? [`${item.path}#0`, item.step] : [item.step]) {
    const [, path = '', number = '0'] = /^(.*)#(\d+)/.exec(step) ?? []
    const lane = path === 'loop' ? queue.lanes.callbacks : queue.lanes.byPath(path)
    if (lane === undefined) return noTask(path, queue.lanes)
    if (Number(number) > lane.steps) return `${path} takes ${lane.steps} ${lane.steps === 1 ? 'step' : 'steps'} only`
  }
  return 'it is never at that point, or done by then'
}

function noTask(path: string, { all }: Lanes): string {
  const there = all.slice(0, 10).map((one) => one.path)
  return `there is no Task ${path}, but ${there.join(', ')}`
}
