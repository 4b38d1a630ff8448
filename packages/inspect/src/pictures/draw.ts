// The picture of a run: a pure function that returns a string of SVG. There is one lane per Task. The x axis has one
// step for each stop of the cursor, with a gap wherever time passes. Shapes and hatching distinguish the states, never
// colour alone.

import { checkOptions } from 'spindle/internal'
import type { Recording } from '../recording.ts'
import { type Diagnosis, diagnose } from '../replay/diagnose.ts'
import { shownReplay } from '../replay/replay.ts'
import { type Lane, type Story, toStoryPart } from '../story/story.ts'
import { type Fold, foldedRows, foldsOf } from './folds.ts'
import { groupLane } from './group-lane.ts'
import { type Group, groupsOf, mergedArrows, ownRows, titleOf } from './groups.ts'
import { fit, toTime, UNIT, windowOf, xPositions } from './positions.ts'
import {
  BAR,
  bar,
  type Colours,
  coloursOf,
  definitions,
  errorColour,
  errorLine,
  markShape,
  orphanBar,
  requestLine,
  type Theme,
} from './shapes.ts'
import { escapeText, round, shorten, textWidth, wrapped } from './svg-text.ts'

/** Options of a picture. */
export interface DrawOptions {
  /** The row after which the picture is faint. By default, nothing is faint. */
  readonly cursor?: number
  /** `page` takes the colours from the custom properties of the page (`--run`, `--cancel`, …). @default 'light' */
  readonly theme?: Theme
  /**
   * The width of the picture in px, 320 or more: the run is stretched or compressed to it. A narrow picture shows fewer
   * events, and says how many it leaves out. By default, the picture is as wide as the run needs.
   */
  readonly width?: number
  /**
   * Whether a Task that waits for the same at the same line, or for the same two or three in turn, four times in a
   * row or more, is drawn as one bar with `× N`. By default, `toSVG` does so, and `draw` does not, so that each row has
   * its place.
   */
  readonly fold?: boolean
  /**
   * Draws true time: the x axis stands for this many ms from the first event, instead of one step for each event.
   * Arrows and marks have no labels.
   */
  readonly span?: number
  /** The Lab moves the cursor without drawing again. */
  readonly title?: string
}

/** A picture, and the positions of its rows. */
export interface Drawing {
  readonly svg: string
  /** The position of each row, in px: maps a click to a row, and a row to the cursor. */
  readonly xs: readonly number[]
  readonly width: number
  readonly height: number
}

const LANE = 58
const TOP = 44
const MAX_ROWS = 420
const OPTIONS = ['cursor', 'theme', 'width', 'fold', 'span', 'title']
/** With true time: the distance between lanes, and the default width. */
const TIME_LANE = 44
const TIME_WIDTH = 960
const TIME_LEFT = 124
const MIN_WIDTH = 320
/** With a given width: room for what is written behind the last event, and the least room for one event. */
const BEHIND = 110
const MIN_UNIT = 4
/** The room for rows in a row that repeat each other: the first of these, up to the second if their text needs it. */
const FOLDED_WIDTH = 7 * UNIT
const MAX_FOLDED_WIDTH = 14 * UNIT
const MAX_LANES = 40
const MAX_GROUPS = 12
const MAX_WRONG = 5

/** Draws a recording, and returns the position of each row, for a page with a clickable picture. */
export function draw(recording: Recording, options: DrawOptions = {}): Drawing {
  checkOptions('draw()', options, OPTIONS)
  const { span, width = span === undefined ? undefined : TIME_WIDTH } = options
  if (width !== undefined && !(width >= MIN_WIDTH && width < Number.POSITIVE_INFINITY))
    throw new RangeError(`width: expected a finite number of px, ${MIN_WIDTH} or more, got ${String(width)}`)
  if (span !== undefined && !(span > 0 && span < Number.POSITIVE_INFINITY))
    throw new RangeError(`span: expected a finite number of ms, more than 0, got ${String(span)}`)
  const names = width === undefined ? 190 : Math.min(190, Math.round(width / 3))
  const fitting = width === undefined || span !== undefined ? MAX_ROWS : Math.floor((width - names - BEHIND) / MIN_UNIT)
  const { index } = shownReplay(recording)
  const groups = index.names.size > MAX_LANES ? groupsOf(index).slice(0, MAX_GROUPS) : []
  const grouped = new Map(groups.flatMap((group) => [...group.tasks].map((task) => [task, group] as const)))
  const own = ownRows(recording, grouped)
  const shown = windowOf(own, options.cursor, Math.min(fitting, MAX_ROWS))
  const first = shown.first
  const last = Math.min(shown.last, Math.max(recording.rows.length - 1, 0))
  const end = Math.min(last, recording.rows.length - 1)
  const story = toStoryPart(recording, first, end)
  const isIn = (lane: Lane): boolean => (lane.segments[0]?.from ?? 0) <= last && (lane.end?.row ?? last) >= first
  const lanes = story.lanes.filter((lane) => !grouped.has(lane.task) && isIn(lane))
  const shownLanes = lanes.length > MAX_LANES ? failedFirst(lanes).slice(0, MAX_LANES) : lanes
  const nameWidths = [
    ...shownLanes.map((lane) => textWidth(lane.name, 13) + lane.depth * 14),
    ...groups.map((group) => textWidth(titleOf(group), 13)),
  ]
  // With true time, pictures of one width have the same axis, to be compared.
  const left =
    span === undefined ? Math.min(names, 30 + Math.max(40, ...nameWidths)) : Math.min(Math.round(width! / 4), TIME_LEFT)
  const folds = new Map(options.fold ? shownLanes.map((lane) => [lane.task, foldsOf(lane, recording.rows, end)]) : [])
  const texts = [...folds.values()].flat().map(({ label, count }) => textWidth(`${label} × ${count}`, 11) + 12)
  const foldedWidth = Math.min(MAX_FOLDED_WIDTH, Math.max(FOLDED_WIDTH, ...texts))
  const xs = xPositions(
    recording,
    left,
    first,
    last,
    foldedRows(folds, recording.rows),
    foldedWidth,
    groups.length === 0 ? undefined : new Set(own),
  )
  if (span !== undefined) toTime(xs, recording, (width! - BEHIND - left) / span)
  else if (width !== undefined) fit(xs, left, width - BEHIND)
  const given = width === undefined ? options : { ...options, width }
  return new Picture(story, shownLanes, groups, grouped, folds, xs, left, first, last, given).draw()
}

/** If there are too many to draw, readers look for the failed ones. */
function failedFirst(lanes: readonly Lane[]): Lane[] {
  const hasFailed = ({ end }: Lane): boolean => end?.outcome === 'threw'
  return [...lanes.filter(hasFailed), ...lanes.filter((lane) => !hasFailed(lane))]
}

/** Draws a recording as SVG, one lane for each Task. */
export function toSVG(recording: Recording, options: DrawOptions = {}): string {
  checkOptions('toSVG()', options, OPTIONS)
  return draw(recording, { fold: true, ...options }).svg
}

class Picture {
  readonly #parts: string[] = []
  /** The names of the lanes, which a page that scrolls the picture keeps in view. */
  readonly #names: string[] = []
  readonly #story: Omit<Story, 'stops'>
  readonly #lanes: readonly Lane[]
  readonly #groups: readonly Group[]
  readonly #grouped: ReadonlyMap<number, Group>
  readonly #folds: ReadonlyMap<number, readonly Fold[]>
  readonly #xs: readonly number[]
  readonly #left: number
  readonly #first: number
  readonly #last: number
  readonly #options: DrawOptions
  readonly #colours: Colours
  readonly #y = new Map<number, number>()
  readonly #nameWidth: number
  readonly #pitch: number

  constructor(
    story: Omit<Story, 'stops'>,
    lanes: readonly Lane[],
    groups: readonly Group[],
    grouped: ReadonlyMap<number, Group>,
    folds: ReadonlyMap<number, readonly Fold[]>,
    xs: readonly number[],
    left: number,
    first: number,
    last: number,
    options: DrawOptions,
  ) {
    this.#story = story
    this.#lanes = lanes
    this.#groups = groups
    this.#grouped = grouped
    this.#folds = folds
    this.#xs = xs
    this.#left = left
    this.#first = first
    this.#last = last
    this.#options = options
    this.#nameWidth = options.width === undefined ? 168 : left - 22
    this.#pitch = options.span === undefined ? LANE : TIME_LANE
    this.#colours = coloursOf(options.theme)
    for (const [n, lane] of lanes.entries()) this.#y.set(lane.task, TOP + 34 + n * this.#pitch)
    for (const [n, { tasks }] of groups.entries())
      for (const task of tasks) this.#y.set(task, TOP + 34 + (lanes.length + n) * this.#pitch)
  }

  draw(): Drawing {
    const bottom = TOP + 20 + (this.#lanes.length + this.#groups.length) * this.#pitch
    this.#timeMarks(bottom)
    const arrows =
      this.#groups.length === 0
        ? this.#story.arrows
        : mergedArrows(this.#story.arrows, this.#grouped, (row) => this.#x(row), UNIT)
    for (const arrow of arrows) if (arrow.kind === 'birth') this.#birth(arrow.fromTask, arrow.toTask, arrow.toRow)
    for (const lane of this.#lanes) this.#lane(lane)
    for (const group of this.#groups) this.#group(group)
    for (const arrow of arrows) if (arrow.kind !== 'birth' && this.#isIn(arrow.toRow)) this.#arrow(arrow)
    for (const lane of this.#lanes) this.#marks(lane)
    const wrong = diagnose(this.#story.recording)
    for (const each of wrong) if (each.kind === 'deadlock' && this.#isIn(each.row)) this.#deadlock(each)
    const { height: printed, width: printedTo } = this.#prints(bottom)
    const { 'ink-2': faint, fail: error } = this.#colours
    const hidden = [
      ...this.#hidden().map((text) => ({ text, fill: faint })),
      ...this.#wrong(wrong).map((text) => ({ text, fill: error })),
    ]
    const height = bottom + printed + 8 + hidden.length * 18
    for (const [n, { text, fill }] of hidden.entries())
      this.#text(this.#left, bottom + printed + 18 * (n + 1), text, { size: 12, fill })
    const end = Math.max(this.#xs[this.#last + 1]!, this.#xs[this.#last]! + 130)
    const width = this.#options.width ?? Math.ceil(Math.max(end, printedTo) + 20)
    const cursor = this.#cursor(width, height)
    const names = `<g class="names"><rect y="${TOP - 6}" width="${this.#left - 6}" height="${height - TOP + 6}" fill="${this.#colours.panel}" opacity=".93"/>${this.#names.join('')}</g>`
    const title = escapeText(this.#options.title ?? 'the run')
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12"><title>${title}</title>${definitions(this.#colours)}<rect width="${width}" height="${height}" fill="${this.#colours.panel}"/>${this.#parts.join('')}${names}${cursor}</svg>`
    return { svg, xs: this.#xs, width, height }
  }

  /** One lane for many Tasks: how many are in each state. */
  #group(group: Group): void {
    const { tasks } = group
    const y = this.#y.get(tasks.values().next().value!)!
    const title = titleOf(group)
    this.#text(10, y + 5, shorten(title, this.#nameWidth, 13), { size: 13, weight: 600 })
    this.#names.push(this.#parts.pop()!)
    const lanes = this.#story.lanes.filter(({ task }) => tasks.has(task))
    const { shapes, ends, to } = groupLane(this.#colours, lanes, tasks.size, y, (row) => this.#x(row))
    this.#parts.push(`<g class="group"><title>${escapeText(`${title}: ${ends}`)}</title>${shapes}</g>`)
    this.#text(to + 8, y + 5, ends, { size: 12, halo: true })
  }

  #isIn(row: number): boolean {
    return row >= this.#first && row <= this.#last
  }

  #x(row: number): number {
    return this.#xs[Math.min(Math.max(row, this.#first), row > this.#last ? this.#last + 1 : row)]!
  }

  #timeMarks(bottom: number): void {
    const { rows } = this.#story.recording
    const start = rows[0]?.time ?? 0
    let before = Number.NaN
    let freeFrom = 0
    let drawnAt = Number.NaN
    let drawnTime = Number.NEGATIVE_INFINITY
    for (let n = this.#first; n <= this.#last && n < rows.length; n++) {
      const { time } = rows[n]!
      if (time === before) continue
      before = time
      const x = this.#x(n)
      // On a real clock, each event has a different time: less than a millisecond needs no line.
      if (x - drawnAt < 8 || (x < freeFrom && time - drawnTime < 1)) continue
      drawnTime = time
      drawnAt = x
      this.#parts.push(`<path d="M${x} ${TOP - 8}V${bottom}" stroke="${this.#colours.rim}"/>`)
      const label = `${Math.round((time - start) * 100) / 100} ms`
      if (x < freeFrom) continue
      freeFrom = x + textWidth(label, 11) + 10
      this.#text(x, TOP - 14, label, { size: 11, fill: this.#colours['ink-2'], anchor: 'middle' })
    }
  }

  #birth(parent: number, child: number, row: number): void {
    const from = this.#y.get(parent)
    const to = this.#y.get(child)
    if (from === undefined || to === undefined || !this.#isIn(row)) return
    const x = this.#x(row)
    this.#parts.push(`<path d="M${x} ${from + BAR / 2}V${to}" stroke="${this.#colours['ink-2']}" fill="none"/>`)
  }

  #lane(lane: Lane): void {
    const y = this.#y.get(lane.task)!
    const name = lane.depth > 0 ? `└ ${lane.name}` : lane.name
    this.#text(10 + Math.max(0, lane.depth - 1) * 14, y + 5, shorten(name, this.#nameWidth, 13), {
      size: 13,
      weight: 600,
    })
    this.#names.push(this.#parts.pop()!)
    const folds = this.#folds.get(lane.task) ?? []
    const isFolded = (part: { from: number; to: number }): boolean =>
      folds.some(({ from, to }) => part.from >= from && Math.min(part.to, this.#last + 1) <= to)
    for (const fold of folds) this.#fold(fold, y)
    const isTime = this.#options.span !== undefined
    let isCancel = true
    for (const segment of lane.segments) {
      const row = this.#story.recording.rows[segment.from]
      if (row?.kind === 'step' && row.by !== 'value') isCancel = row.by !== 'error'
      if (segment.to < this.#first || segment.from > this.#last || isFolded(segment)) continue
      const x = this.#x(segment.from)
      const width = Math.max(2, this.#x(segment.to) - x)
      const shape = bar(this.#colours, segment.state, x, y, width, segment.from, isCancel)
      const label = segment.line > 0 && !isTime ? `${segment.label} :${segment.line}` : segment.label
      const text = segment.state === 'cleaning' ? `cleans up: ${label}` : label
      // Never a part of a label: one without room is the title of its bar.
      const fits = textWidth(text, 11) <= width - 8
      this.#parts.push(fits || label === '' ? shape : `<g><title>${escapeText(text)}</title>${shape}</g>`)
      if (fits && label !== '') this.#text(x + 4, y + 4, text, { size: 11, halo: true })
    }
    this.#orphaned(lane, y)
    // In a repetition, a lock that is taken each time is one dashed line.
    const repeated = new Map<string, { from: number; to: number; count: number }>()
    for (const { resource, from, to } of lane.held) {
      if (to < this.#first || from > this.#last) continue
      const fold = folds.find((one) => (from >= one.from && from < one.to) || (to > one.from && to <= one.to))
      if (fold === undefined) this.#held(`holds ${resource}`, from, to, y)
      else {
        const key = `${folds.indexOf(fold)} ${resource}`
        const before = repeated.get(key)
        repeated.set(key, { from: before?.from ?? from, to, count: (before?.count ?? 0) + 1 })
      }
    }
    for (const [key, { from, to, count }] of repeated)
      this.#held(`holds${key.slice(key.indexOf(' '))}${count > 1 ? ` × ${count}` : ''}`, from, to, y, count > 1)
    if (lane.end !== undefined && this.#isIn(lane.end.row)) this.#end(lane, y)
  }

  /** A Task that nothing has asked to stop, after the Task that made it has ended. */
  #orphaned({ parent, segments }: Lane, y: number): void {
    const ended = this.#lanes.find(({ task }) => task === parent)?.end?.row
    if (ended === undefined) return
    for (const { state, from, to } of segments) {
      if (to <= ended || (state !== 'waiting' && state !== 'running' && state !== 'ready')) continue
      const x = this.#x(Math.max(from, ended))
      this.#parts.push(orphanBar(x, y, Math.max(0, round(this.#x(to) - x))))
    }
  }

  /** A closed loop: an arrow from each Task to the one that it waits for. */
  #deadlock({ tasks, row }: Diagnosis): void {
    const x = this.#x(row)
    const arrows = tasks.map((task, n) => {
      const from = this.#y.get(task)
      const to = this.#y.get(tasks[(n + 1) % tasks.length]!)
      const bend = x + 48 + 14 * n
      if (from === undefined || to === undefined) return ''
      return errorLine(
        this.#colours,
        `M${x} ${from - 5}C${bend} ${from - 9} ${bend} ${to + 9} ${x + 2} ${to + 5}`,
        false,
      )
    })
    this.#parts.push(`<g class="deadlock">${arrows.join('')}</g>`)
  }

  #held(text: string, from: number, to: number, y: number, isDashed = false): void {
    const x = this.#x(from)
    const width = this.#x(to) - x
    const dashes = isDashed ? ' stroke-dasharray="4 3"' : ''
    this.#parts.push(
      `<path d="M${x} ${y + BAR / 2 + 4}h${width}" stroke="${this.#colours.ink}" stroke-width="2"${dashes}/>`,
    )
    const shown = shorten(text, width + UNIT, 10)
    this.#text(x, y + BAR / 2 + 15, shown, { size: 10, fill: this.#colours['ink-2'], halo: true })
  }

  /** Three bars, one behind the other, and how often the same happens. */
  #fold({ from, to, count, label }: Fold, y: number): void {
    const x = this.#x(from)
    const width = Math.max(2, this.#x(to) - x)
    for (const back of [8, 4])
      this.#parts.push(
        `<path d="M${x + back} ${y - BAR / 2 + 2 - back}h${width - back}" stroke="${this.#colours['wait-rim']}"/>`,
      )
    this.#parts.push(bar(this.#colours, 'waiting', x, y, width, from))
    const times = ` × ${count.toLocaleString('en')}`
    const text = shorten(label, width - 8 - textWidth(times, 11), 11)
    this.#text(x + 4, y + 4, `${text}${times}`, { size: 11, halo: true })
  }

  #end(lane: Lane, y: number): void {
    const { row, outcome, error, isLost } = lane.end!
    const x = this.#x(row) + 6
    const c = this.#colours
    if (outcome === 'returned') this.#text(x, y + 5, '✓ returned', { size: 12, fill: c.ok, weight: 600, halo: true })
    else if (outcome === 'cancelled')
      this.#text(x, y + 5, '✕ cancelled', { size: 12, fill: c.cancel, weight: 600, halo: true })
    else
      this.#text(x, y + 5, `! ${shorten(error, this.#options.width === undefined ? 170 : BEHIND - 20, 12)}`, {
        size: 12,
        fill: c.fail,
        weight: 600,
        halo: true,
      })
    if (isLost) this.#text(x, y + BAR / 2 + 12, 'lost: nothing received it', { size: 11, fill: c.fail, halo: true })
  }

  #arrow({ kind, fromTask, fromRow, toTask, toRow, label }: Story['arrows'][number]): void {
    const to = this.#y.get(toTask)
    if (to === undefined) return
    const c = this.#colours
    const from = fromTask === 0 ? to - this.#pitch / 2 - 6 : this.#y.get(fromTask)
    if (from === undefined) return
    const down = to > from
    const x2 = this.#x(toRow)
    const text = this.#options.span === undefined ? label : ''
    const end = down ? to - BAR / 2 - 3 : to + BAR / 2 + 3
    const start = fromTask === 0 ? from : down ? from + BAR / 2 : from - BAR / 2
    if (kind === 'request') {
      this.#parts.push(requestLine(c, `M${x2} ${start}V${end}`))
      this.#text(x2 + 5, fromTask === 0 ? from + 6 : down ? start + 14 : start - 6, text, {
        size: 11,
        fill: c.cancel,
        weight: 600,
        halo: true,
      })
    } else {
      const x1 = this.#x(fromRow)
      const bend = this.#options.span === undefined ? Math.max(10, (x2 - x1) / 2) : 0
      const isCancel = label === 'CancelledError'
      this.#parts.push(
        errorLine(
          c,
          `M${x1} ${start}C${x1 + bend} ${start - (down ? -14 : 14)} ${x2} ${end + (down ? -20 : 20)} ${x2} ${end}`,
          isCancel,
        ),
      )
      this.#text(x2 + 6, down ? end - 4 : end + 12, text, {
        size: 11,
        fill: errorColour(c, isCancel),
        weight: 600,
        halo: true,
      })
    }
  }

  #marks(lane: Lane): void {
    const c = this.#colours
    const y = this.#y.get(lane.task)!
    let freeFrom = 0
    let raised = false
    for (const mark of lane.marks) {
      if (!this.#isIn(mark.row)) continue
      const x = this.#x(mark.row)
      const top = y - BAR / 2
      this.#parts.push(markShape(c, mark.kind, x, top))
      if (this.#options.span !== undefined) continue
      const width = textWidth(mark.text, 10.5)
      raised = x < freeFrom ? !raised : false
      freeFrom = x + width / 2 + 8
      const fill = mark.kind === 'swallowed' || mark.kind === 'warning' ? c.fail : c['ink-2']
      this.#text(Math.max(x, this.#left + width / 2), top - (raised ? 20 : 8), mark.text, {
        size: 10.5,
        fill,
        anchor: 'middle',
        weight: 600,
        halo: true,
      })
    }
  }

  #prints(bottom: number): { height: number; width: number } {
    const { rows } = this.#story.recording
    const c = this.#colours
    let y = bottom + 12
    let width = 0
    let first = true
    for (let n = this.#first; n <= this.#last && n < rows.length; n++) {
      const row = rows[n]!
      if (row.kind !== 'print') continue
      if (first) {
        this.#text(10, y + 4, 'prints', { size: 13, weight: 600 })
        this.#names.push(this.#parts.pop()!)
      }
      first = false
      const x = this.#x(n)
      this.#parts.push(
        `<path d="M${x} ${bottom - 4}V${y}" stroke="${c.rim}"/><circle data-row="${n}" cx="${x}" cy="${y}" r="3.2" fill="${c.ink}"/>`,
      )
      const text = row.text.length > 60 ? `${row.text.slice(0, 59)}…` : row.text
      const long = textWidth(text, 12) * 1.08
      const toTheLeft = x - long - 10 > this.#left && x + long > this.#x(this.#last) + 60
      this.#text(toTheLeft ? x - 8 : x + 8, y + 4, text, {
        size: 12,
        mono: true,
        anchor: toTheLeft ? 'end' : 'start',
        halo: true,
      })
      if (!toTheLeft) width = Math.max(width, x + long + 20)
      y += 18
    }
    return { height: y - bottom, width }
  }

  /** The problems of the run up to the cursor, each in lines of the width of the picture. */
  #wrong(all: readonly Diagnosis[]): string[] {
    const { cursor = Number.POSITIVE_INFINITY, width } = this.#options
    const room = Math.max((width ?? this.#xs[this.#last]! + 130) - this.#left - 20, 200)
    const found = all.filter(({ row }) => row <= cursor)
    return found.slice(0, MAX_WRONG).flatMap(({ text }) => wrapped(`${text}.`, room, 12))
  }

  #hidden(): string[] {
    const rows = this.#story.recording.rows.length
    const notes: string[] = []
    if (this.#first > 0 || this.#last < rows - 1)
      notes.push(
        `${(rows - 1 - (this.#last - this.#first)).toLocaleString('en')} of ${rows.toLocaleString('en')} events are not drawn: move the cursor to see them`,
      )
    if ([...this.#folds.values()].some(({ length }) => length > 0))
      notes.push('× N: the Task waits N times for the same, which is drawn once')
    const all = this.#story.taskCount
    const hidden = all - this.#lanes.length - this.#grouped.size
    if (hidden > 0) notes.push(`${hidden} of ${all} Tasks are not drawn`)
    if (this.#groups.length > 0) notes.push('f() × N: N Tasks share a lane, which shows how many are in each state')
    return notes
  }

  #cursor(width: number, height: number): string {
    const { cursor } = this.#options
    const x = cursor === undefined ? width : this.#x(cursor)
    const c = this.#colours
    return `<g class="cursor" transform="translate(${x})"${cursor === undefined ? ' display="none"' : ''}><rect y="${TOP - 8}" width="${width}" height="${height}" fill="${c.panel}" opacity=".74"/><path d="M0 ${TOP - 10}V${height}" stroke="${c.ink}" stroke-width="2"/><path d="M-6 ${TOP - 18}h12l-6 8z" fill="${c.ink}"/></g>`
  }

  #text(
    x: number,
    y: number,
    text: string,
    style: { size: number; fill?: string; anchor?: string; weight?: number; halo?: boolean; mono?: boolean },
  ): void {
    if (text === '') return
    const { size, fill = this.#colours.ink, anchor = 'start', weight, halo, mono } = style
    const { width } = this.#options
    if (width !== undefined) {
      const wide = (shown: string): number => textWidth(shown, size) * (mono ? 1.08 : 1)
      text = wide(text) <= width ? text : shorten(text, width * 0.9, size)
      const before = wide(text) * (anchor === 'middle' ? 0.5 : anchor === 'end' ? 1 : 0)
      x = Math.max(before, Math.min(x, width - wide(text) + before))
    }
    const attributes = [
      `x="${round(x)}" y="${round(y)}" font-size="${size}" fill="${fill}"`,
      anchor === 'start' ? '' : `text-anchor="${anchor}"`,
      weight === undefined ? '' : `font-weight="${weight}"`,
      mono ? 'font-family="ui-monospace, monospace" xml:space="preserve"' : '',
      halo ? `stroke="${this.#colours.panel}" stroke-width="3" paint-order="stroke" stroke-linejoin="round"` : '',
    ]
    this.#parts.push(`<text ${attributes.filter((attribute) => attribute !== '').join(' ')}>${escapeText(text)}</text>`)
  }
}
