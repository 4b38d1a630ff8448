// A schedule is the difference from the ordinary run, as text:
// `main/1#2 after main/2#5; late 2 at 20; cancel main/w2 before #2`. The empty schedule is the ordinary run.

import { repr } from 'spindle/internal'
import { type Lane, stepName } from './lanes.ts'
import type { Injected } from './watched-queue.ts'

/** One difference from the ordinary run. */
export type ScheduleItem =
  /** The Task is cancelled just before a step, its own or another one, or just after one. */
  | { readonly kind: 'cancel'; readonly path: string; readonly where: 'before' | 'after'; readonly step: string }
  /** A step does not begin before another step has ended. */
  | { readonly kind: 'hold'; readonly step: string; readonly after: string }
  /** When the loop wakes up for a timer, it is this many ms late. */
  | { readonly kind: 'late'; readonly by: number; readonly at: number }
  /** A step keeps the CPU for this many ms: time passes between two iterations, and timers become due. */
  | { readonly kind: 'busy'; readonly step: string; readonly ms: number }
  /** The nth `duration()` of a step returns this many ms, or the nth timer that it sets takes them. */
  | { readonly kind: 'duration'; readonly step: string; readonly ms: number }
  /** The nth choice of a step, for example of a simulated stream, is this one. */
  | { readonly kind: 'choice'; readonly step: string; readonly picked: number }

/** A sum of times without the noise of floating point, which no one would like to paste. */
export function toMicroseconds(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}

export function formatSchedule(items: readonly ScheduleItem[]): string {
  return items.map(formatItem).join('; ')
}

export function formatItem(item: ScheduleItem): string {
  if (item.kind === 'late') return `late ${item.by} at ${item.at}`
  if (item.kind === 'hold') return `${item.step} after ${item.after}`
  if (item.kind === 'duration') return `${item.step} takes ${item.ms}`
  if (item.kind === 'choice') return `${item.step} picks ${item.picked}`
  if (item.kind === 'busy') return `busy ${item.ms} before ${item.step}`
  const isOwn = item.where === 'before' && item.step.startsWith(`${item.path}#`)
  return `cancel ${item.path} ${item.where} ${isOwn ? item.step.slice(item.path.length) : item.step}`
}

const PATH = '[^\\s#;]+'
const STEP = `${PATH}#[1-9]\\d*`
const NUMBER = '\\d+(?:\\.\\d+)?(?:e[+-]?\\d+)?'
const CANCEL = new RegExp(`^cancel (${PATH}) (?:before (#[1-9]\\d*)|(before|after) (${STEP}))$`)
const HOLD = new RegExp(`^(${STEP}) after (${STEP})$`)
const BUSY = new RegExp(`^busy (${NUMBER}) before (${STEP})$`)
const LATE = new RegExp(`^late (${NUMBER}) at (${NUMBER})$`)
const DURATION = new RegExp(`^(${STEP}(?:\\.[1-9]\\d*)?) takes (${NUMBER})$`)
const CHOICE = new RegExp(`^(${STEP}(?:\\.[1-9]\\d*)?) picks ([1-9]\\d*)$`)

/** Reads the text of `formatSchedule`. @throws TypeError or SyntaxError that names the mistake */
export function parseSchedule(text: string): ScheduleItem[] {
  if (typeof text !== 'string') throw new TypeError(`replay must be the text of a schedule, got ${repr(text)}`)
  if (text.trim() === '')
    throw new SyntaxError('replay is empty. Paste the text that a failure prints, or leave it out')
  const items = text.split(';').map((item) => parseItem(item.trim()))
  for (const [n, item] of items.entries()) {
    const again = items.findIndex((other, m) => m < n && contradicts(item, other))
    if (again === -1) continue
    throw new SyntaxError(
      `replay contradicts itself: ${repr(formatItem(items[again] as ScheduleItem))} and ${repr(formatItem(item))}`,
    )
  }
  return items
}

function parseItem(text: string): ScheduleItem {
  const cancel = CANCEL.exec(text)
  if (cancel !== null) {
    const [, path = '', own, where, step = ''] = cancel
    if (own !== undefined) return { kind: 'cancel', path, where: 'before', step: path + own }
    return { kind: 'cancel', path, where: where as 'before' | 'after', step }
  }
  const hold = HOLD.exec(text)
  if (hold !== null) return { kind: 'hold', step: hold[1] as string, after: hold[2] as string }
  const busy = BUSY.exec(text)
  if (busy !== null) return { kind: 'busy', ms: Number(busy[1]), step: busy[2] as string }
  const late = LATE.exec(text)
  if (late !== null) return { kind: 'late', by: Number(late[1]), at: Number(late[2]) }
  const duration = DURATION.exec(text)
  if (duration !== null) return { kind: 'duration', step: duration[1] as string, ms: Number(duration[2]) }
  const choice = CHOICE.exec(text)
  if (choice !== null) return { kind: 'choice', step: choice[1] as string, picked: Number(choice[2]) }
  throw new SyntaxError(
    `replay has an invalid item: ${repr(text)}. Write \`cancel main/a before #2\`, \`cancel main/a after main/b#1\`, ` +
      '`main/a#2 after main/b#1`, `late 5 at 20`, `busy 5 before main/a#1`, `main/a#1 takes 30` or `main/a#1 picks 2`, with `;` between them',
  )
}

function contradicts(item: ScheduleItem, other: ScheduleItem): boolean {
  if (item.kind === 'hold' && other.kind === 'hold') {
    return item.step === other.after && item.after === other.step
  }
  if (item.kind === 'late' && other.kind === 'late') return item.at === other.at
  const isSaid = item.kind === 'duration' || item.kind === 'choice' || item.kind === 'busy'
  return isSaid && other.kind === item.kind && item.step === other.step
}

/**
 * A cancellation as an item of a schedule: before the Task's next step if that was ready, otherwise after the previous
 * step.
 */
export function cancelItem(
  { lane, point, step, isReady }: Injected,
  trace: readonly Lane[],
): ScheduleItem & { readonly kind: 'cancel' } {
  const { path } = lane
  if (isReady) return { kind: 'cancel', path, where: 'before', step: stepName(path, step) }
  return { kind: 'cancel', path, where: 'after', step: nameAt(trace, point - 1) }
}

function nameAt(trace: readonly Lane[], nth: number): string {
  const path = trace[nth - 1]?.path ?? 'main'
  let step = 0
  for (let n = 0; n < nth; n++) if (trace[n]?.path === path) step++
  return stepName(path, Math.max(1, step))
}
