// Describes a failing schedule to a reader: the error, what it takes, and a table with a column for each Task.

import { isError, repr } from 'spindle/internal'
import { type Failure, textOf } from '../explore/program.ts'
import type { Injected } from '../run/explored-queue.ts'
import type { Run } from '../run/explored-run.ts'
import { describeStep, shortName } from '../run/lanes.ts'
import { describeReal } from '../run/settle.ts'
import type { Choices, SetTimer } from '../schedule/choices.ts'
import { type AbortItem, type CancelItem, type ScheduleItem, toMicroseconds } from '../schedule/schedule.ts'
import { Places } from './places.ts'

const MAX_ROWS = 60
const MAX_COLUMNS = 6
const MAX_WIDTH = 60

/** The description of a failure: what has failed and why, and what happened. */
export function tell(
  items: readonly ScheduleItem[],
  outcome: Run,
  failure: Failure,
  happenings: readonly Happening[],
): { readonly summary: string; readonly details: string } {
  const { choices, queue } = outcome
  const places = new Places([...choices.places.values(), ...happenings.flatMap(({ setAt }) => setAt ?? [])])
  const causes = items.flatMap((item) => causesOf(item, outcome, places))
  const when = causes.map((cause, n) => `\n  ${n === 0 ? 'when' : 'and'} ${cause}`).join('')
  const rows = table(happenings, outcome, places, failure.kind === 'endless')
  const details = [...queue.injected.map(toldPlace), keptFunctions(outcome), rows]
  return {
    summary: endOf(failure, outcome) + (when === '' ? IN_THE_ORDINARY_RUN : when),
    details: details.filter((part) => part !== '').join('\n\n'),
  }
}

export const IN_THE_ORDINARY_RUN = '\n  in the ordinary run'

function causesOf(item: ScheduleItem, { choices, queue }: Run, places: Places): readonly string[] {
  if (item.kind === 'late') return [`the loop wakes ${item.value} ms late at ${item.step} ms`]
  if (item.kind === 'abort') return [causeOfAbort(item)]
  if (item.kind === 'cancel') return [causeOfCancel(item, queue.injected)]
  const step = describeStep(item.step)
  if (item.kind === 'busy') return [`${step} comes ${item.value} ms late, as the CPU was busy`]
  const key = `${item.kind} ${item.step}`
  const place = places.of(choices.places.get(key)) || step
  if (item.kind === 'choice') return [`${choices.meanings.get(key) ?? `possibility ${item.value}`}, at ${place}`]
  if (place === step || choices.asked) return [`what ${place} waits for takes ${item.value} ms`]
  const { timers } = choices
  const timer = timers.find((one) => one.step === item.step)
  const longer = `the timer of ${place} takes ${item.value} ms`
  if (timer === undefined) return [longer]
  const first = overtaking(timer, choices)
  const other = places.of(choices.places.get(`duration ${first?.step}`))
  const told = `${longer}, not ${lengthOf(timer)}`
  if (first === undefined || other === '') return [told]
  const isSame = other === place
  return [told, `the timer of ${isSame ? `${lengthOf(first)} ms that is set there` : other} fires first`]
}

/** The ms that the program has written. */
function lengthOf({ at, written }: SetTimer): number {
  return toMicroseconds(written - at)
}

function causeOfCancel({ path, step, where }: CancelItem, injected: readonly Injected[]): string {
  const one = injected.find(({ lane }) => lane.path === path)
  const isCancelled = `\`${shortName(path)}\` is cancelled`
  if (one === undefined) return isCancelled
  if (one.step === 1) return `${isCancelled} before its first step`
  if (one.wakeUpAt !== undefined) return `${isCancelled} after it was woken, before its step ${one.step}`
  const moment = step.startsWith(`${path}#`) ? '' : `, ${where} ${describeStep(step)}`
  return `${isCancelled} before its step ${one.step}${moment}`
}

function causeOfAbort({ which, step }: AbortItem): string {
  const [, event = '', turn] = /#(\d+)(?:\.(\d+))?/.exec(step) ?? []
  const signal = which === 0 ? 'the signal of the program' : `the signal of AbortController ${which} of the program`
  const moment = turn === undefined ? 'before' : turn === '1' ? 'just after' : `${turn} turns of the microtasks into`
  return `${signal} is aborted ${moment} event ${event} of the host`
}

/** The last timer that fires before the longer one, but would fire after it at the time that is written. */
function overtaking(longer: SetTimer, { fired }: Choices): SetTimer | undefined {
  const before = fired.includes(longer) ? fired.slice(0, fired.indexOf(longer)) : fired
  return before.findLast(({ deadline }) => deadline >= longer.written && deadline <= longer.deadline)
}

function endOf({ kind, error, own }: Failure, { waiting, queue, deadlock, host }: Run): string {
  const said = isError(error) ? error.message : repr(error)
  const names = waiting.map(({ path }) => `\`${shortName(path)}\``).join(', ')
  const wait = waiting.length === 1 ? 'waits' : 'wait'
  const isAborted = (host.aborts?.made.length ?? 0) > 0
  const hang = isAborted && kind === 'abandoned' ? 'and would not had the abort come earlier' : HANGS[kind]
  if (hang !== undefined) return `${names} ${wait} forever, ${hang}${deadlock === undefined ? '' : `\n${said}`}`
  if (kind === 'deadlock' || kind === 'report') return said
  // An error of the check does not hide that of the program.
  const thrown = own === undefined ? '' : `the program throws ${textOf(own)}\n`
  if (kind === 'check') return `${thrown}the check fails: ${said}`
  if (kind === 'endless') return `the program does not end: ${said}. The last to run were ${lastTasks(queue.trace)}`
  return `the program throws ${textOf(error)}`
}

const HANGS: { readonly [Kind in Failure['kind']]?: string } = {
  'lost wake-up': 'a lost wake-up',
  'cancel race': 'and would not had it been cancelled earlier in the same wait',
  abandoned: 'and would not if it had been cancelled before its first step: it takes something away with it',
}

/** Names the functions of the host that a module has kept, because they are not simulated. A hang names them itself. */
function keptFunctions({ deadlock, host }: Run): string {
  const kept = deadlock === undefined ? (host.waits?.kept ?? []) : []
  return kept.length === 0 ? '' : describeReal(kept)
}

function lastTasks(trace: readonly { readonly path: string }[]): string {
  return [...new Set(trace.slice(-20).map(({ path }) => path))].join(', ')
}

/** The place of a Task when it was cancelled. */
function toldPlace({ lane, place }: Injected): string {
  return place === undefined ? '' : `\`${shortName(lane.path)}\` waited at ${place}`
}

function shortened(text: string): string {
  return text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH - 1)}…` : text
}

/** Time runs downwards. Each Task has a column, and the host, if it had events: the last one, which may be long. */
function table(events: readonly Happening[], outcome: Run, places: Places, isEndless: boolean): string {
  const { host, queue } = outcome
  if (queue.lanes === undefined) return ''
  const told = events.flatMap((one) => {
    const place = places.of(one.setAt)
    if (one.setAt === undefined) return one
    return place === '' ? [] : { ...one, text: `${one.text} of ${place}` }
  })
  const lanes = queue.lanes.all.slice(0, MAX_COLUMNS)
  const columns = lanes.map(({ path, task }) => ({ head: shortened(shortName(path)), of: task as object }))
  if (told.some(({ task }) => task === host)) columns.push({ head: 'host', of: host })
  const rows = folded(told).flatMap(({ time, task, text }) => {
    if (!columns.some(({ of }) => of === task)) return []
    const cell = task === host ? text : shortened(text)
    return [[String(time), ...columns.map(({ of }) => (of === task ? cell : ''))]]
  })
  // The last rows of an endless program are all equal.
  const shown = isEndless ? rows.slice(0, MAX_ROWS) : rows.slice(-MAX_ROWS)
  const all = [['ms', ...columns.map(({ head }) => head)], ...shown]
  const widths = all[0]?.map((_, n) => Math.max(...all.map((row) => row[n]?.length ?? 0))) ?? []
  const lines = all.map(([time = '', ...cells]) => {
    const padded = cells.map((cell, n) => cell.padEnd(widths[n + 1] ?? 0))
    return `${time.padStart(widths[0] ?? 0)} │ ${padded.join(' │ ')}`.trimEnd()
  })
  const left = rows.length - shown.length
  const more = queue.lanes.all.length - lanes.length
  if (left > 0) lines.push(`${left} rows ${isEndless ? 'after' : 'before'} these are not shown`)
  if (more > 0) lines.push(`${more} more Tasks are not shown`)
  return lines.join('\n')
}

/** Folds three or more equal neighbours into one that says how many there were. */
function folded(happenings: readonly Happening[]): readonly Happening[] {
  const groups: Happening[][] = []
  for (const happening of happenings) {
    const [first] = groups.at(-1) ?? []
    if (first?.task === happening.task && first.text === happening.text) groups.at(-1)?.push(happening)
    else groups.push([happening])
  }
  return groups.flatMap((group) => {
    const [first, last] = [group[0] as Happening, group.at(-1) as Happening]
    return group.length < 3 ? group : [{ ...first, text: `${first.text}, ${group.length} times until ${last.time}` }]
  })
}

/** One event of one Task, or of the host. */
export interface Happening {
  readonly time: number
  /** The Task, or the host. */
  readonly task: object
  readonly text: string
  /** Where the timer was set. */
  readonly setAt?: Error | undefined
}

/**
 * Records what Tasks do, and the host.
 * @param main the name of the first Task's function: to ask the engine for that of a coroutine takes long
 */
export function noteEvents({ loop, host, queue }: Run, happenings: Happening[], main: string): void {
  const note = ({ time, task }: { readonly time: number; readonly task: object }, text: string): void => {
    if (queue.isWatching) happenings.push({ time, task, text })
  }
  loop.events.on('task:created', (event) => {
    const name = happenings.length === 0 ? main : event.coroutine
    note(event, name === '' ? 'is made' : `is made: ${name}()`)
  })
  loop.events.on('task:step', (event) => note(event, RESUMED[event.resumedBy]))
  loop.events.on('task:suspended', (event) => note(event, `waits for ${event.label}`))
  loop.events.on('task:cancelling', (event) => note(event, 'cancel requested'))
  loop.events.on('task:done', (event) => note(event, ENDED[event.outcome]))
  host.onEvent = ({ setAt, delay }) => {
    if (setAt === undefined || !queue.isWatching) return
    happenings.push({ time: loop.time(), task: host, text: delay === 0 ? 'immediate' : 'timer', setAt })
  }
}

const RESUMED = {
  start: 'starts',
  value: 'goes on',
  error: 'goes on with an error',
  cancel: 'goes on with CancelledError',
} as const

const ENDED = { returned: 'returns', threw: 'throws', cancelled: 'ends cancelled' } as const
