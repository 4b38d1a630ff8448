// The picture of one spinner and its supervisor, as SVG. All pictures of the instrument have the same scale of true
// time: the same moment is at the same place in each.

import { say } from '../language/say.ts'
import type { Point } from './points.ts'
import type { Kind, Mode } from './programs.ts'
import { type Course, STARTS } from './recorded.ts'

/** The ms that a picture shows. */
export const SPAN = 1000
/** A step takes 0.1 ms. It is drawn 5 ms wide, so that it can be seen. */
const STEP = 5
const TOP = 4
const SUPERVISOR = 28

export interface Scale {
  /** The x of 0 ms, and the units of one ms. */
  readonly left: number
  readonly unit: number
  readonly width: number
  /** Without room for labels beside the marks. */
  readonly isNarrow: boolean
}

export interface CourseDrawing {
  readonly kind: Kind
  readonly course: Course
  readonly stop: number
  readonly mode: Mode
  readonly point: Point | undefined
}

type Tone = 'ink' | 'cancel' | 'fail' | 'ok'

export function drawCourse({ kind, course, stop, mode, point }: CourseDrawing, scale: Scale, title: string): string {
  const { left, unit, width, isNarrow } = scale
  const isThread = kind === 'thread'
  const computes = mode === 'computes'
  const [spin, height] = isThread ? [108, 140] : [74, kind === 'promise' ? 92 : 106]
  const event = 62
  const { frames, looks, asked, told, over } = course
  const end = Math.min(over, SPAN)
  const x = (time: number): number => round(left + Math.min(time, SPAN) * unit)
  const parts: string[] = []
  const add = (...more: readonly string[]): void => void parts.push(...more)

  for (let time = 0; time <= SPAN; time += 200) add(line(`M${x(time)} ${TOP}V${height - 10}`, 'rim', 1))
  for (const [from, to] of isThread
    ? ([
        [SUPERVISOR, SUPERVISOR],
        [spin, spin],
      ] as const)
    : ([[SUPERVISOR, spin]] as const))
    add(line(`M13 ${from - 12}H8Q5 ${from - 12} 5 ${from - 9}V${to + 9}Q5 ${to + 12} 8 ${to + 12}H13`, 'ink', 1.8))
  add(text(20, SUPERVISOR + 4, 'supervisor', 'name'), text(20, spin + 4, 'spin', 'name'))

  const bar = (from: number, to: number, y: number, fill: string, rim: string, tall = 18): void => {
    const wide = round((Math.min(to, SPAN) - from) * unit)
    if (wide > 0.2)
      add(
        `<rect x="${x(from)}" y="${y - tall / 2}" width="${wide}" height="${tall}" rx="${Math.min(3, wide / 2)}" fill="${fill}" stroke="${rim}"/>`,
      )
  }
  const step = (at: number, y: number): void => bar(at, at + STEP, y, 'var(--run)', 'none')
  const waits = (from: number, to: number, y: number): void =>
    isThread
      ? bar(from, to, y, `url(#${kind}-held)`, 'var(--ink-2)')
      : bar(from, to, y, `url(#${kind}-wait)`, 'var(--wait-rim)')
  const leaks = (from: number): void => {
    bar(from, SPAN, spin, 'var(--fail)', 'none')
    bar(from, SPAN, spin, `url(#${kind}-leak)`, 'none')
  }

  // The supervisor: sleeps until the stop is due, says it when it gets a turn, and waits for the spinner.
  step(0, SUPERVISOR)
  waits(STEP, stop, SUPERVISOR)
  bar(stop, asked, SUPERVISOR, 'var(--ready-soft)', 'var(--ready)', 8)
  step(asked, SUPERVISOR)
  if (kind !== 'promise') waits(asked + STEP, end, SUPERVISOR)
  const sleeps = { task: `yield* sleep(${stop})`, thread: `sleep(${stop})`, promise: 'await …' }[kind]
  if (!isNarrow && sleeps.length * 7.4 < stop * unit) add(text(x(STEP), 13, sleeps, 'mono'))
  if (!isNarrow && isThread && end - stop >= 130) add(text(x(stop + STEP), 13, 'join()', 'mono'))
  if (!isNarrow && asked - stop > 60) add(text(x(stop) + 4, 13, say('due, and gets no turn'), 'fail late'))

  // The spinner.
  const starts = frames[0] ?? 0
  bar(0, starts, spin, 'var(--ready-soft)', 'var(--ready)', 8)
  const leavesAt = kind === 'promise' || told === Number.POSITIVE_INFINITY ? asked : told
  for (const [n, from] of frames.entries()) {
    if (from >= Math.min(leavesAt, SPAN)) break
    const to = Math.min(frames[n + 1] ?? leavesAt, leavesAt)
    if (computes) bar(from, to - 1, spin, 'var(--run)', 'none')
    else {
      step(from, spin)
      waits(from + STEP, to, spin)
    }
  }
  for (const [n, at] of frames.entries())
    if (at <= SPAN) add(text(x(at) + (isThread && !isNarrow ? 9 : 2), spin - 15, '|/-\\'[n % 4]!, 'frame'))
  if (over > SPAN && told > SPAN) leaks(leavesAt)
  else bar(told, end, spin, `url(#${kind}-clean)`, 'var(--clean)')

  if (isThread) {
    // Its Event: a line that goes up when it is set. The thread comes to it, with a ring for each look.
    const [down, up] = [event + 7, event - 9]
    add(
      text(20, event + (isNarrow ? 4 : 0), 'done', 'name'),
      isNarrow ? '' : text(20, event + 13, 'Event', 'mono quiet'),
    )
    add(line(`M${x(0)} ${down}H${x(asked)}`, 'rim-strong', 1.6))
    add(line(`M${x(asked)} ${down}V${up}H${x(SPAN)}`, 'ink', 2.4))
    add(text(x(asked) - 7, up + 4, say('set'), 'ink late', 'end'))
    if (mode === 'event') add(line(`M${x(starts)} ${spin - 10}V${down + 7}H${x(told)}V${up}`, 'ink', 1.2))
    for (const at of mode === 'event' ? [told] : looks) {
      const isSet = at >= asked
      const y = isSet ? up : down + 1
      if (mode !== 'event') add(line(`M${x(at)} ${spin - 10}V${y + 5}`, 'ink', isSet ? 2.4 : 1.2))
      add(
        `<circle cx="${x(at)}" cy="${y}" r="${isSet ? 5.5 : 4}" fill="var(--${isSet ? 'ink' : 'panel'})" stroke="var(--ink)" stroke-width="1.6"/>`,
      )
      if (!isSet && !isNarrow && x(asked) - x(at) > 62) add(text(x(at) + 8, down - 4, say('no'), 'small'))
    }
  }
  if (kind === 'task') {
    const to = spin - 12
    add(
      `<path class="request" d="M${x(asked) + 1} ${SUPERVISOR + 10}V${to}"/><path class="head" d="M${x(asked) - 4} ${to - 6}l5 6l5 -6"/>`,
    )
    const isFar = x(asked) + 260 > width
    if (!isNarrow && !computes)
      add(
        text(
          x(asked) + 10,
          SUPERVISOR + 29,
          isFar ? say('thrown in here') : say('cancel(): the error is thrown in here'),
          'cancel',
        ),
      )
  }

  // How both end, and how long it took until the spinner knew.
  const ends = (y: number, sign: Sign, label: string): void => {
    const at = x(end) + 11
    add(mark(at, y, sign), isNarrow || label === '' ? '' : text(at + 13, y + 4, label, MARKS[sign].tone))
  }
  if (kind === 'promise') {
    add(
      mark(x(asked) + 16, SUPERVISOR, 'ignored'),
      isNarrow ? '' : text(x(asked) + 29, SUPERVISOR + 4, say('looks away'), 'fail'),
    )
    ends(spin, 'ignored', '')
  } else if (over === Number.POSITIVE_INFINITY) {
    ends(SUPERVISOR, 'stuck', '')
    ends(spin, 'ignored', '')
  } else {
    ends(SUPERVISOR, 'returned', say('goes on'))
    ends(spin, kind === 'task' ? 'cancelled' : 'returned', kind === 'task' ? say('cancelled') : say('returned'))
  }
  if (kind !== 'promise') {
    const [from, to, tone, says] = measured(course, stop, kind, mode, isNarrow)
    const y = spin + 21
    const after = x(to) + 6 + says.length * 7.6 < width
    if (to - from > 6) add(line(`M${x(from)} ${y - 5}v10m0 -5H${x(to)}m0 -5v10`, tone, 1.6))
    add(text(after ? x(to) + 6 : x(from) - 6, y + 4, says, `${tone} late`, after ? 'start' : 'end'))
  }
  if (point !== undefined) add(ring(point, kind, course, stop, { x, unit, spin, event }))
  return `<svg class="course" viewBox="0 0 ${round(width)} ${height}" role="img" aria-label="${title}">${patterns(kind)}${parts.join('')}</svg>`
}

/** The text below the spinner: how long after "stop" it noticed. */
function measured(
  { asked, told }: Course,
  stop: number,
  kind: Kind,
  mode: Mode,
  isNarrow: boolean,
): readonly [from: number, to: number, tone: Tone, says: string] {
  if (kind === 'task')
    return asked > stop
      ? [stop, asked, 'fail', say(isNarrow ? '{} ms late' : 'cancel() comes {} ms late', asked - stop)]
      : [stop, told, 'cancel', say('told after {} ms', told - stop)]
  if (told > SPAN * 2) return [stop, SPAN, 'fail', say('nobody looks')]
  const isWaiting = mode === 'event' && !isNarrow
  if (mode === 'event' || told === stop)
    return [stop, told, 'ink', say(`told after {} ms${isWaiting ? ', since it waits for this' : ''}`, told - stop)]
  return [stop, told, 'ink', say('it looks {} ms later', told - stop)]
}

interface Places {
  readonly x: (time: number) => number
  readonly unit: number
  readonly spin: number
  readonly event: number
}

/** Rings the place that shows the meaning of a word. */
function ring(point: Point, kind: Kind, course: Course, stop: number, { x, unit, spin, event }: Places): string {
  const around = (from: number, to: number, y: number): string =>
    from >= SPAN
      ? ''
      : `<rect class="ring" x="${x(from) - 5}" y="${y - 15}" width="${round((Math.min(to, SPAN) - from) * unit + 10)}" height="30" rx="8"/>`
  const { asked, told, over } = course
  if (kind === 'promise') return ''
  if (point === 'begins') return around(0, STARTS[kind] + 14, spin)
  if (point === 'waits') return around(STEP, stop, SUPERVISOR)
  if (point === 'told') return around(told - 12, told + 12, spin)
  if (point === 'cleans') return around(told, over, spin)
  if (point === 'awaited') return around(asked + STEP, over, SUPERVISOR)
  if (point === 'shares' && kind === 'thread') return around(0, SPAN, event)
  if (point !== 'runs') return ''
  const lanes =
    kind === 'task'
      ? [[SUPERVISOR, spin]]
      : [
          [SUPERVISOR, SUPERVISOR],
          [spin, spin],
        ]
  return lanes
    .map(
      ([from = 0, to = 0]) =>
        `<rect class="ring" x="1.5" y="${from - 14}" width="16" height="${to - from + 28}" rx="6"/>`,
    )
    .join('')
}

type Sign = keyof typeof MARKS

// A disc, a ring, a hexagon or a square on its corner: nothing depends on the colour.
const MARKS = {
  returned: {
    tone: 'ok',
    shape: '<circle r="8" fill="var(--ok)"/><path d="M-3.6 0l2.6 2.8l4.6 -5.4" stroke="var(--panel)"/>',
  },
  cancelled: {
    tone: 'cancel',
    shape:
      '<circle r="7" fill="var(--panel)" stroke="var(--cancel)"/><path d="M-2.6 -2.6l5.2 5.2m0 -5.2l-5.2 5.2" stroke="var(--cancel)"/>',
  },
  stuck: {
    tone: 'fail',
    shape:
      '<path d="M-9 0l4.5 -8h9l4.5 8l-4.5 8h-9z" fill="var(--fail)"/><path d="M-3.5 -3v6m7 -6v6" stroke="var(--panel)"/>',
  },
  ignored: {
    tone: 'fail',
    shape:
      '<path d="M0 -9l9 9l-9 9l-9 -9z" fill="var(--panel)" stroke="var(--fail)"/><path d="M-3 0h6" stroke="var(--fail)"/>',
  },
} as const

function mark(x: number, y: number, sign: Sign): string {
  return `<g class="mark" transform="translate(${x} ${y})">${MARKS[sign].shape}</g>`
}

function line(path: string, colour: string, width: number): string {
  return `<path d="${path}" fill="none" stroke="var(--${colour})" stroke-width="${width}"/>`
}

function text(x: number, y: number, says: string, kind: string, anchor = 'start'): string {
  return `<text class="${kind}" x="${round(x)}" y="${y}" text-anchor="${anchor}">${says}</text>`
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

function patterns(id: string): string {
  const hatch = (name: string, turn: number, size: number, inner: string): string =>
    `<pattern id="${id}-${name}" width="${size}" height="${size}" patternUnits="userSpaceOnUse" patternTransform="rotate(${turn})">${inner}</pattern>`
  return `<defs>${[
    hatch(
      'held',
      0,
      5,
      '<rect width="5" height="5" fill="var(--given)"/><circle cx="2.5" cy="2.5" r="1.1" fill="var(--ink-3)"/>',
    ),
    hatch(
      'wait',
      45,
      6,
      '<rect width="6" height="6" fill="var(--wait-soft)"/><path d="M0 0V6" stroke="var(--wait-hatch)" stroke-width="1.6"/>',
    ),
    hatch(
      'clean',
      0,
      5,
      '<rect width="5" height="5" fill="var(--clean-soft)"/><path d="M2.5 0V5" stroke="var(--clean-hatch)" stroke-width="1.8"/>',
    ),
    hatch('leak', -45, 7, '<path d="M0 0V7" stroke="var(--panel)" stroke-opacity=".55" stroke-width="2"/>'),
  ].join('')}</defs>`
}
