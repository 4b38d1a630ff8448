// Describes a failing schedule to a reader: a sentence, a table with a column for each Task, and where each Task waits.

import type { EventLoop } from 'spindle'
import { isError, repr } from 'spindle/internal'
import { type Failure, textOf } from '../explore/program.ts'
import type { SimulatedHost } from '../host/simulated-host.ts'
import { callerPlaces } from '../own-frames.ts'
import type { Injected } from '../run/explored-queue.ts'
import type { Outcome } from '../run/explored-run.ts'
import { describeStep, shortName } from '../run/lanes.ts'
import { describeReal } from '../run/settle.ts'
import type { Choices } from '../schedule/choices.ts'
import type { AbortItem, ScheduleItem } from '../schedule/schedule.ts'

const MAX_ROWS = 60
const MAX_COLUMNS = 6
const MAX_WIDTH = 60

/** The whole description of a failure, except the text to replay it. */
export function tell(
  items: readonly ScheduleItem[],
  outcome: Outcome,
  failure: Failure,
  happenings: readonly Happening[],
): string {
  const { choices, queue } = outcome.plan
  const { injected } = queue
  const causes = items.length === 0 ? ['in the ordinary run'] : items.map((item) => sentenceOf(item, injected, choices))
  const sentence = `${causes.join('; ')}: ${endOf(failure, outcome)}`
  const places = injected.map(toldPlace).filter((place) => place !== '')
  return [sentence, ...places, keptFunctions(outcome), table(happenings, outcome)]
    .filter((part) => part !== '')
    .join('\n\n')
}

function sentenceOf(item: ScheduleItem, injected: readonly Injected[], choices: Choices): string {
  if (item.kind === 'late') return `at ${item.step} the loop wakes ${item.value} ms late`
  if (item.kind === 'abort') return sentenceOfAbort(item)
  const step = describeStep(item.step)
  if (item.kind === 'busy') return `${step} comes ${item.value} ms late, as the CPU was busy`
  if (item.kind !== 'cancel') {
    const key = `${item.kind} ${item.step}`
    const place = callerPlaces(choices.places.get(key)) || step
    if (item.kind === 'choice') return `${choices.meanings.get(key) ?? `possibility ${item.value}`}, at ${place}`
    const isTimer = place !== step && !choices.asked
    if (!isTimer) return `what ${place} waits for takes ${item.value} ms`
    return `the timer of ${place} takes ${item.value} ms${overtaking(item.step, choices)}`
  }
  const one = injected.find(({ lane }) => lane.path === item.path)
  const isCancelled = `\`${shortName(item.path)}\` is cancelled`
  if (one === undefined) return isCancelled
  if (one.step === 1) return `${isCancelled} before its first step`
  if (one.wakeUpAt !== undefined) return `${isCancelled} after it was woken, before its step ${one.step}`
  const moment = item.step.startsWith(`${item.path}#`) ? '' : `, ${item.where} ${step}`
  return `${isCancelled} before its step ${one.step}${moment}`
}

function sentenceOfAbort({ which, step }: AbortItem): string {
  const [, event = '', turn] = /#(\d+)(?:\.(\d+))?/.exec(step) ?? []
  const signal = which === 0 ? 'the signal of the program' : `the signal of AbortController ${which} of the program`
  const moment = turn === undefined ? 'before' : turn === '1' ? 'just after' : `${turn} turns of the microtasks into`
  return `${signal} is aborted ${moment} event ${event} of the host`
}

/** Names the last timer that fires before the longer one, but would fire after it at the time that is written. */
function overtaking(step: string, choices: Choices): string {
  const { timers, fired } = choices
  const longer = timers.find((timer) => timer.step === step)
  if (longer === undefined) return ''
  const before = fired.includes(longer) ? fired.slice(0, fired.indexOf(longer)) : fired
  const last = before.findLast(({ deadline }) => deadline >= longer.written && deadline <= longer.deadline)
  const place = callerPlaces(choices.places.get(`duration ${last?.step}`))
  return place === '' ? '' : `, and the timer of ${place} fires first`
}

function endOf({ kind, error, own }: Failure, { waiting, plan }: Outcome): string {
  const said = isError(error) ? error.message : repr(error)
  const names = waiting.map(({ path }) => `\`${shortName(path)}\``).join(', ')
  const wait = waiting.length === 1 ? 'waits' : 'wait'
  const hang = HANGS[kind]
  if (hang !== undefined) return `${names} ${wait} forever, ${hang}\n${said}`
  if (kind === 'deadlock' || kind === 'report') return said
  // An error of the check does not hide that of the program.
  const thrown = own === undefined ? '' : `the program throws ${textOf(own)}\n`
  if (kind === 'check') return `${thrown}the check fails: ${said}`
  if (kind === 'endless')
    return `the program does not end: ${said}. The last to run were ${lastTasks(plan.queue.trace)}`
  return `the program throws ${textOf(error)}`
}

const HANGS: { readonly [Kind in Failure['kind']]?: string } = {
  'lost wake-up': 'a lost wake-up',
  'cancel race': 'and would not had it been cancelled earlier in the same wait',
  abandoned: 'and would not if it had been cancelled before its first step: it takes something away with it',
}

/** Names the functions of the host that a module has kept, because they are not simulated. A hang names them itself. */
function keptFunctions({ deadlock, host }: Outcome): string {
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
function table(happenings: readonly Happening[], { host, plan: { queue } }: Outcome): string {
  if (queue.lanes === undefined) return ''
  const lanes = queue.lanes.all.slice(0, MAX_COLUMNS)
  const columns = lanes.map(({ path, task }) => ({ head: shortened(shortName(path)), of: task as object }))
  if (happenings.some(({ task }) => task === host)) columns.push({ head: 'host', of: host })
  const rows = folded(happenings).flatMap(({ time, task, text }) => {
    if (!columns.some(({ of }) => of === task)) return []
    const cell = task === host ? text : shortened(text)
    return [[String(time), ...columns.map(({ of }) => (of === task ? cell : ''))]]
  })
  const shown = rows.slice(-MAX_ROWS)
  const all = [['ms', ...columns.map(({ head }) => head)], ...shown]
  const widths = all[0]?.map((_, n) => Math.max(...all.map((row) => row[n]?.length ?? 0))) ?? []
  const lines = all.map(([time = '', ...cells]) => {
    const padded = cells.map((cell, n) => cell.padEnd(widths[n + 1] ?? 0))
    return `${time.padStart(widths[0] ?? 0)} │ ${padded.join(' │ ')}`.trimEnd()
  })
  const left = rows.length - shown.length
  const more = queue.lanes.all.length - lanes.length
  if (left > 0) lines.push(`${left} rows before these are not shown`)
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
}

/**
 * Records what Tasks do while `isOn()`.
 * @param main the name of the first Task's function: to ask the engine for that of a coroutine takes long
 */
export function noteEvents(
  loop: EventLoop,
  host: SimulatedHost,
  happenings: Happening[],
  isOn: () => boolean,
  main: string,
): void {
  const note = ({ time, task }: { readonly time: number; readonly task: object }, text: string): void => {
    if (isOn()) happenings.push({ time, task, text })
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
    const place = callerPlaces(setAt)
    if (place !== '') note({ time: loop.time(), task: host }, `${delay === 0 ? 'immediate' : 'timer'} of ${place}`)
  }
}

const RESUMED = {
  start: 'starts',
  value: 'goes on',
  error: 'goes on with an error',
  cancel: 'goes on with CancelledError',
} as const

const ENDED = { returned: 'returns', threw: 'throws', cancelled: 'ends cancelled' } as const
