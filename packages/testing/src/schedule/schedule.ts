// A schedule is the difference from the ordinary run, as text:
// `main/1#2 takes 30; late 2 at 20; cancel main/w2 before #2`. The empty schedule is the ordinary run.

import { repr } from 'spindle/internal'

/** One difference from the ordinary run. */
export type ScheduleItem =
  | CancelItem
  | AbortItem
  | NumberItem<'late'>
  | NumberItem<'busy'>
  | NumberItem<'duration'>
  | NumberItem<'choice'>

/** The Task is cancelled just before a step, its own or another one, or just after one. */
export interface CancelItem {
  readonly kind: 'cancel'
  readonly path: string
  readonly where: 'before' | 'after'
  readonly step: string
}

/**
 * A signal is aborted at `host#3.2`: in the third event of the host, at the beginning of the second turn of the
 * microtasks. `host#3`: just before the event.
 */
export interface AbortItem {
  readonly kind: 'abort'
  /** 0: the signal of the program. n: the nth AbortController that the program has made. */
  readonly which: number
  readonly step: string
}

/**
 * A number other than the ordinary one. `late`: when the loop wakes up at this time, it is this many ms late. `busy`:
 * the CPU is busy for this many ms before the step, and timers become due. `duration`: the nth `duration()` or timer of
 * the step takes this many ms. `choice`: the nth choice of the step, for example of a simulated stream, is this one.
 */
export interface NumberItem<Kind = NumberKind> {
  readonly kind: Kind
  readonly step: string
  readonly value: number
}

export type NumberKind = 'late' | 'busy' | 'duration' | 'choice'

/** A sum of times without the noise of floating point, which no one would like to paste. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}

export function formatSchedule(items: readonly ScheduleItem[]): string {
  return items.map(formatItem).join('; ')
}

export function formatItem(item: ScheduleItem): string {
  if (item.kind === 'abort') return `abort ${item.which === 0 ? '' : `${item.which} `}at ${item.step}`
  if (item.kind !== 'cancel') return NUMBERS[item.kind](item)
  const isOwn = item.where === 'before' && item.step.startsWith(`${item.path}#`)
  return `cancel ${item.path} ${item.where} ${isOwn ? item.step.slice(item.path.length) : item.step}`
}

const NUMBERS: Readonly<Record<NumberKind, (item: NumberItem) => string>> = {
  late: ({ step, value }) => `late ${value} at ${step}`,
  busy: ({ step, value }) => `busy ${value} before ${step}`,
  duration: ({ step, value }) => `${step} takes ${value}`,
  choice: ({ step, value }) => `${step} picks ${value}`,
}

const PATH = '[^\\s#;]+'
const STEP = `${PATH}#[1-9]\\d*`
const NUMBER = '\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?'
const FORMS: readonly (readonly [kind: ScheduleItem['kind'], pattern: RegExp])[] = [
  ['cancel', new RegExp(`^cancel (?<path>${PATH}) (?:(?<where>before) (?<own>#[1-9]\\d*))$`)],
  ['cancel', new RegExp(`^cancel (?<path>${PATH}) (?<where>before|after) (?<step>${STEP})$`)],
  ['abort', /^abort (?:(?<which>[1-9]\d*) )?at (?<step>host#\d+(?:\.[1-9]\d*)?)$/],
  ['busy', new RegExp(`^busy (?<value>${NUMBER}) before (?<step>${STEP})$`)],
  ['late', new RegExp(`^late (?<value>${NUMBER}) at (?<step>${NUMBER})$`)],
  ['duration', new RegExp(`^(?<step>${STEP}(?:\\.[1-9]\\d*)?) takes (?<value>${NUMBER})$`)],
  ['choice', new RegExp(`^(?<step>${STEP}(?:\\.[1-9]\\d*)?) picks (?<value>[1-9]\\d*)$`)],
]

/** Reads the text of `formatSchedule`. @throws TypeError or SyntaxError that names the mistake */
export function parseSchedule(text: string): ScheduleItem[] {
  if (typeof text !== 'string') throw new TypeError(`replay must be the text of a schedule, got ${repr(text)}`)
  if (text.trim() === '')
    throw new SyntaxError('replay is empty. Paste the text that a failure prints, or leave it out')
  const items = text.split(';').map((item) => parseItem(item.trim()))
  for (const [n, item] of items.entries()) {
    const again = items.slice(0, n).find((other) => contradicts(item, other))
    if (again === undefined) continue
    throw new SyntaxError(`replay contradicts itself: ${repr(formatItem(again))} and ${repr(formatItem(item))}`)
  }
  return items
}

function parseItem(text: string): ScheduleItem {
  for (const [kind, pattern] of FORMS) {
    const groups = pattern.exec(text)?.groups
    if (groups === undefined) continue
    const { own, value, ...rest } = groups
    if (kind === 'abort') return { kind, step: rest['step'] ?? '', which: Number(rest['which'] ?? 0) }
    if (own !== undefined) return { kind, ...rest, step: rest['path'] + own } as CancelItem
    return { kind, ...rest, ...(value === undefined ? {} : { value: Number(value) }) } as ScheduleItem
  }
  throw new SyntaxError(
    `replay has an invalid item: ${repr(text)}. Write \`cancel main/a before #2\`, \`cancel main/a after main/b#1\`, ` +
      '`abort at host#3.1`, `late 5 at 20`, `busy 5 before main/a#1`, `main/a#1 takes 30` or `main/a#1 picks 2`, with `;` between them',
  )
}

function contradicts(item: ScheduleItem, other: ScheduleItem): boolean {
  return 'value' in item && item.kind === other.kind && item.step === other.step
}
