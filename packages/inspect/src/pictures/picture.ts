import { toHundredths } from '../recording-file/row-writer.ts'
import { type Diagnosis, diagnose, operationIn } from '../replay/diagnose.ts'
import type { Arrow, Lane, Story } from '../story/story.ts'
import type { Drawing, DrawOptions } from './draw.ts'
import type { Fold } from './folds.ts'
import { groupLane } from './group-lane.ts'
import { type Group, mergedArrows, titleOf } from './groups.ts'
import { omissions } from './notes.ts'
import { Places, spanOf } from './places.ts'
import { UNIT } from './positions.ts'
import { QUEUE_LANE, type QueueCurve, queueLane, queuesOf } from './queue-lane.ts'
import {
  BAR,
  bar,
  type Colours,
  coloursOf,
  cutLine,
  definitions,
  errorColour,
  errorLine,
  markShape,
  orphanBar,
  requestLine,
  stuckBar,
  wakeLine,
} from './shapes.ts'
import { escapeText, leftOf, round, shorten, svgText, type TextStyle, textWidth, wrapped } from './svg-text.ts'

export interface Layout {
  readonly story: Omit<Story, 'stops'>
  readonly lanes: readonly Lane[]
  /** The Tasks whose lanes are not faint; undefined: all. */
  readonly inFocus: ReadonlySet<number> | undefined
  readonly groups: readonly Group[]
  readonly grouped: ReadonlyMap<number, Group>
  readonly folds: ReadonlyMap<number, readonly Fold[]>
  /** The position of each row, in px. */
  readonly xs: readonly number[]
  /** The position of the first event, in px. */
  readonly left: number
  readonly first: number
  readonly last: number
}

/** The room behind the last event of a picture with a given width. */
export const BEHIND = 110
const TOP = 44
/** The distance between lanes, and the same with true time. */
const LANE = 58
const TIME_LANE = 44
const MAX_WRONG = 5
const MAX_QUEUES = 4

export class Picture {
  readonly #layout: Layout
  readonly #options: DrawOptions
  readonly #colours: Colours
  readonly #say: (english: string) => string
  readonly #parts: string[] = []
  /** Over the part that is faint, so that the cursor cuts no text: one of the past is complete. */
  readonly #texts: string[] = []
  readonly #places: Places
  readonly #arrows: readonly Arrow[]
  /** The names of the lanes, which a page that scrolls the picture keeps in view. */
  readonly #names: string[] = []
  readonly #y = new Map<number, number>()
  readonly #nameWidth: number
  readonly #pitch: number
  #focus: number | undefined

  constructor(layout: Layout, options: DrawOptions) {
    const { lanes, groups, left } = layout
    this.#layout = layout
    this.#options = options
    this.#colours = coloursOf(options.theme)
    this.#say = options.words ?? ((english) => english)
    this.#nameWidth = options.width === undefined ? 168 : left - 22
    this.#pitch = options.span === undefined ? LANE : TIME_LANE
    for (const [n, lane] of lanes.entries()) this.#y.set(lane.task, TOP + 34 + n * this.#pitch)
    for (const [n, { tasks }] of groups.entries())
      for (const task of tasks) this.#y.set(task, TOP + 34 + (lanes.length + n) * this.#pitch)
    const { story, grouped } = layout
    this.#arrows = groups.length === 0 ? story.arrows : mergedArrows(story.arrows, grouped, (row) => this.#x(row), UNIT)
    const requests = this.#arrows.flatMap((arrow) => {
      const span = arrow.kind === 'request' && this.#isIn(arrow.toRow) ? spanOf(arrow, this.#y, this.#pitch) : undefined
      if (span === undefined) return []
      const { start, end } = span
      const x = this.#x(arrow.toRow)
      return [{ left: x - 2, right: x + 2, top: Math.min(start, end), bottom: Math.max(start, end) }]
    })
    this.#places = new Places(requests)
  }

  draw(): Drawing {
    const lanesEnd = TOP + 20 + (this.#layout.lanes.length + this.#layout.groups.length) * this.#pitch
    const queues = queuesOf(this.#layout.story.recording).slice(0, MAX_QUEUES)
    const bottom = lanesEnd + queues.length * QUEUE_LANE
    this.#timeMarks(bottom)
    for (const arrow of this.#arrows) if (arrow.kind === 'birth') this.#birth(arrow.fromTask, arrow.toTask, arrow.toRow)
    for (const lane of this.#layout.lanes) this.#lane(lane)
    for (const group of this.#layout.groups) this.#group(group)
    for (const arrow of this.#arrows) if (arrow.kind !== 'birth' && this.#isIn(arrow.toRow)) this.#arrow(arrow)
    for (const lane of this.#layout.lanes) this.#marks(lane)
    for (const [n, queue] of queues.entries()) this.#queue(queue, lanesEnd + (n + 1) * QUEUE_LANE - 10)
    const wrong = diagnose(this.#layout.story.recording)
    for (const each of wrong) {
      if (!this.#isIn(each.row)) continue
      if (each.kind === 'deadlock') this.#deadlock(each)
      if (each.wake !== undefined) this.#lostWakeUp(each, each.wake)
    }
    const { height: printed, width: printedTo } = this.#prints(bottom)
    const { 'ink-2': faint, fail: error } = this.#colours
    const hidden = [
      ...omissions(this.#layout).map((text) => ({ text: this.#say(text), fill: faint })),
      ...this.#wrong(wrong).map((text) => ({ text, fill: error })),
    ]
    const height = bottom + printed + 8 + hidden.length * 18
    for (const [n, { text, fill }] of hidden.entries())
      this.#text(this.#layout.left, bottom + printed + 18 * (n + 1), text, { size: 12, fill })
    const end = Math.max(this.#layout.xs[this.#layout.last + 1]!, this.#layout.xs[this.#layout.last]! + 130)
    const width = this.#options.width ?? Math.ceil(Math.max(end, printedTo) + 20)
    const cursor = this.#cursor(width, height)
    const names = `<g class="names"><rect y="${TOP - 6}" width="${this.#layout.left - 6}" height="${height - TOP + 6}" fill="${this.#colours.panel}"/>${this.#names.join('')}</g>`
    const { lanes, inFocus } = this.#layout
    const middles = lanes.map(({ task }) => ({ task, y: this.#y.get(task)! }))
    const faintLanes = middles
      .filter(({ task }) => inFocus?.has(task) === false)
      .map(({ y }) => `<rect y="${y - this.#pitch / 2}" width="${width}" height="${this.#pitch}"/>`)
    const dimmed = `<g class="dimmed" fill="${this.#colours.panel}" opacity=".7">${faintLanes.join('')}</g>`
    const title = escapeText(this.#options.title ?? 'the run')
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}" font-family="system-ui, sans-serif" font-size="12"><title>${title}</title>${definitions(this.#colours)}<rect width="${width}" height="${height}" fill="${this.#colours.panel}"/>${this.#parts.join('')}${cursor}${this.#texts.join('')}${names}${faintLanes.length > 0 ? dimmed : ''}</svg>`
    return { svg, xs: this.#layout.xs, lanes: middles, focus: this.#focus, width, height }
  }

  #group(group: Group): void {
    const { tasks } = group
    const y = this.#y.get(tasks.values().next().value!)!
    const title = titleOf(group)
    this.#name(10, y + 5, title)
    const lanes = this.#layout.story.lanes.filter(({ task }) => tasks.has(task))
    const { shapes, ends, to } = groupLane(this.#colours, lanes, tasks.size, y, (row) => this.#x(row))
    this.#parts.push(`<g class="group"><title>${escapeText(`${title}: ${ends}`)}</title>${shapes}</g>`)
    this.#text(to + 8, y + 5, ends, { size: 12, halo: true })
  }

  #queue(queue: QueueCurve, y: number): void {
    const { name, steps, peak } = queue
    const right = this.#x(this.#layout.last)
    this.#name(10, y, name, steps[0]!.row)
    this.#parts.push(queueLane(this.#colours, queue, y, (row) => this.#x(row), right))
    if (this.#isIn(peak.row)) this.#text(this.#x(peak.row) + 4, y - 18, `${peak.length}`, { size: 11, row: peak.row })
  }

  /** @param row since when it is known */
  #name(x: number, y: number, name: string, row?: number): void {
    this.#text(x, y, shorten(name, this.#nameWidth, 13), { size: 13, weight: 600, row }, this.#names)
  }

  #isIn(row: number): boolean {
    return row >= this.#layout.first && row <= this.#layout.last
  }

  #x(row: number): number {
    return this.#layout.xs[
      Math.min(Math.max(row, this.#layout.first), row > this.#layout.last ? this.#layout.last + 1 : row)
    ]!
  }

  #timeMarks(bottom: number): void {
    const { rows } = this.#layout.story.recording
    const start = rows[0]?.time ?? 0
    let before = Number.NaN
    let freeFrom = 0
    let drawnAt = Number.NaN
    let drawnTime = Number.NEGATIVE_INFINITY
    for (let n = this.#layout.first; n <= this.#layout.last && n < rows.length; n++) {
      const { time } = rows[n]!
      if (time === before) continue
      before = time
      const x = this.#x(n)
      // On a real clock, each event has a different time: less than a millisecond needs no line.
      if (x - drawnAt < 8 || (x < freeFrom && time - drawnTime < 1)) continue
      drawnTime = time
      drawnAt = x
      this.#parts.push(`<path d="M${x} ${TOP - 8}V${bottom}" stroke="${this.#colours.rim}"/>`)
      const label = `${toHundredths(time - start)} ms`
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
    this.#name(10 + Math.max(0, lane.depth - 1) * 14, y + 5, name, lane.segments[0]?.from)
    const folds = this.#layout.folds.get(lane.task) ?? []
    const isFolded = (part: { from: number; to: number }): boolean =>
      folds.some(({ from, to }) => part.from >= from && Math.min(part.to, this.#layout.last + 1) <= to)
    for (const fold of folds) this.#fold(fold, y)
    const isTime = this.#options.span !== undefined
    let isCancel = true
    for (const segment of lane.segments) {
      const row = this.#layout.story.recording.rows[segment.from]
      if (row?.kind === 'step' && row.by !== 'value') isCancel = row.by !== 'error'
      if (segment.to < this.#layout.first || segment.from > this.#layout.last || isFolded(segment)) continue
      const x = this.#x(segment.from)
      const width = Math.max(2, this.#x(segment.to) - x)
      const shape = bar(this.#colours, segment.state, x, y, width, segment.from, isCancel)
      const named = segment.state === 'requested' ? this.#say(segment.label) : segment.label
      const label = segment.line > 0 && !isTime ? `${named} :${segment.line}` : named
      const text = segment.state === 'cleaning' ? this.#say(`cleans up: ${label}`) : label
      // Never a part of a label: one without room is the title of its bar.
      const wide = textWidth(text, 11)
      const from = this.#places.behindLines(x + 4, y, wide)
      const fits = from + wide <= x + width - 4
      this.#parts.push(fits || label === '' ? shape : `<g><title>${escapeText(text)}</title>${shape}</g>`)
      if (fits && label !== '') this.#text(from, y + 4, text, { size: 11, halo: true, row: segment.from })
    }
    this.#orphaned(lane, y)
    // In a repetition, a lock that is taken each time is one dashed line.
    const repeated = new Map<string, { from: number; to: number; count: number }>()
    for (const { resource, from, to } of lane.held) {
      if (to < this.#layout.first || from > this.#layout.last) continue
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

  /** A Task that nothing has asked to stop, after what made it has ended. */
  #orphaned({ parent, segments, orphan }: Lane, y: number): void {
    if (orphan === undefined) return
    const { maker, row } = orphan
    const x = this.#x(row)
    for (const { state, from, to } of segments) {
      if (to <= row || (state !== 'waiting' && state !== 'running' && state !== 'ready')) continue
      const start = Math.max(this.#x(from), x)
      this.#parts.push(orphanBar(start, y, Math.max(0, round(this.#x(to) - start))))
    }
    const made = this.#y.get(parent)
    if (made === undefined || !this.#isIn(row)) return
    if (maker.endsWith('()')) this.#held(maker, segments[0]!.from, row, made)
    this.#cut(x, made + BAR / 2 + 4, y - BAR / 2, row, `${maker} has ended`)
    const style = { size: 11, weight: 600, fill: this.#colours.fail, halo: true, row }
    this.#text(x, y + BAR / 2 + 13, this.#say('runs on, for nobody'), style)
  }

  /** What does not pass from one lane to another. */
  #cut(x: number, from: number, to: number, row: number, text: string): void {
    const middle = (from + to) / 2
    const { fail } = this.#colours
    this.#focus = x
    this.#parts.push(`<g data-row="${row}">${cutLine(this.#colours, x, from, to)}</g>`)
    this.#text(x + 10, middle + 4, this.#say(text), { size: 11, weight: 600, fill: fail, halo: true, row })
  }

  #lostWakeUp({ tasks, row }: Diagnosis, wake: NonNullable<Diagnosis['wake']>): void {
    const [waker, woken, next] = [wake.by, wake.task, tasks[0]!].map((task) => this.#y.get(task))
    if (woken === undefined) return
    if (waker !== undefined && this.#isIn(wake.row)) {
      const [x, side] = [this.#x(wake.row), Math.sign(woken - waker) * (BAR / 2)]
      const name = this.#layout.lanes.find(({ task }) => task === wake.task)!.name
      this.#parts.push(`<g data-row="${row}">${wakeLine(this.#colours, x, waker + side, woken - side)}</g>`)
      const style = { size: 11, weight: 600, anchor: 'end', halo: true, row }
      this.#text(x - 8, (waker + woken) / 2 + 4, this.#say(`wakes ${name}`), style)
    }
    if (next === undefined) return
    const side = Math.sign(next - woken) * (BAR / 2)
    this.#cut(this.#x(row), woken + side, next - side, row, 'not passed on')
  }

  /** The waits of the closed loop, and an arrow from each to the Task that it waits for. */
  #deadlock({ tasks, row }: Diagnosis): void {
    const c = this.#colours
    const right = this.#x(row) - 8
    const left = right - 16 * (tasks.length - 1)
    this.#focus = right
    const shapes = tasks.flatMap((task, n) => {
      const from = this.#y.get(task)
      const to = this.#y.get(tasks[(n + 1) % tasks.length]!)
      const lane = this.#layout.lanes.find((one) => one.task === task)
      const wait = lane?.segments.findLast(({ from }) => from < row)
      if (from === undefined || to === undefined || wait === undefined) return []
      const side = to >= from ? BAR / 2 : -BAR / 2
      const begin = this.#x(wait.from)
      const { name, method } = operationIn(wait.label)
      const style = { size: 11, weight: 600, fill: c.fail, anchor: 'end', halo: true, row }
      if (method === 'acquire')
        this.#text(left - 12, from + side + (side > 0 ? 13 : -5), this.#say(`wants ${name}`), style)
      return [
        stuckBar(c, begin, from, this.#x(row) - begin),
        errorLine(c, `M${left + 16 * n} ${from + side}V${to === from ? from + side : to - side}`, false),
      ]
    })
    this.#parts.push(`<g class="deadlock" data-row="${row}">${shapes.join('')}</g>`)
  }

  #held(text: string, from: number, to: number, y: number, isDashed = false): void {
    const x = this.#x(from)
    const width = this.#x(to) - x
    const dashes = isDashed ? ' stroke-dasharray="4 3"' : ''
    this.#parts.push(
      `<path d="M${x} ${y + BAR / 2 + 4}h${width}" stroke="${this.#colours.ink}" stroke-width="2"${dashes}/>`,
    )
    const shown = shorten(this.#say(text), width + UNIT, 10)
    this.#text(x, y + BAR / 2 + 15, shown, { size: 10, fill: this.#colours['ink-2'], halo: true, row: from })
  }

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
    this.#text(x + 4, y + 4, `${text}${times}`, { size: 11, halo: true, row: from })
  }

  #end(lane: Lane, y: number): void {
    const { row, outcome, error, isLost } = lane.end!
    const x = this.#x(row) + 6
    const c = this.#colours
    const failed = `! ${shorten(error, this.#options.width === undefined ? 170 : BEHIND - 20, 12)}`
    const [text, fill] = (
      { returned: ['✓ returned', c.ok], cancelled: ['✕ cancelled', c.cancel], threw: [failed, c.fail] } as const
    )[outcome]
    this.#text(x, y + 5, this.#say(text), { size: 12, fill, weight: 600, halo: true, row })
    const lost = this.#say('lost: nothing received it')
    if (isLost) this.#text(x, y + BAR / 2 + 12, lost, { size: 11, fill: c.fail, halo: true, row })
  }

  #arrow(arrow: Arrow): void {
    const { kind, fromTask, fromRow, toRow } = arrow
    const span = spanOf(arrow, this.#y, this.#pitch)
    if (span === undefined) return
    const c = this.#colours
    const { start, end, isDown } = span
    const x = this.#x(toRow)
    const label = this.#options.span === undefined ? this.#say(arrow.label) : ''
    const style = { size: 11, weight: 600, halo: true, row: toRow }
    if (kind === 'request') {
      this.#parts.push(requestLine(c, `M${x} ${start}V${end}`))
      const near = fromTask === 0 ? start + 6 : isDown ? start + 14 : start - 6
      const head = isDown ? end - 8 : end + 16
      const wide = textWidth(label, 12) // bold
      const places = [near, head].flatMap((y) => [x + 5, x - 5 - wide].map((left) => ({ left, y })))
      const { left, y } = places.find(({ left, y }) => this.#places.isFree(left, wide, y, 11)) ?? places[0]!
      this.#text(left, y, label, { ...style, fill: c.cancel })
    } else {
      const from = this.#x(fromRow)
      const bend = this.#options.span === undefined ? Math.max(10, (x - from) / 2) : 0
      const isCancel = arrow.label === 'CancelledError'
      const path = `M${from} ${start}C${from + bend} ${start - (isDown ? -14 : 14)} ${x} ${end + (isDown ? -20 : 20)} ${x} ${end}`
      this.#parts.push(errorLine(c, path, isCancel))
      this.#text(x + 9, isDown ? end - 4 : end + 12, label, { ...style, fill: errorColour(c, isCancel) })
    }
  }

  #marks(lane: Lane): void {
    const c = this.#colours
    const y = this.#y.get(lane.task)!
    for (const { kind, row, text: english } of lane.marks) {
      if (!this.#isIn(row)) continue
      const text = this.#say(english)
      const x = this.#x(row)
      const top = y - BAR / 2
      const shape = markShape(c, kind, x, top)
      const at = Math.max(x, this.#layout.left + textWidth(text, 10.5) / 2)
      const fill = kind === 'swallowed' || kind === 'warning' ? c.fail : c['ink-2']
      const style = { size: 10.5, fill, anchor: 'middle', weight: 600, halo: true, row, isAbove: true }
      const isShown =
        this.#options.span === undefined &&
        (this.#text(at, top - 8, text, style) || this.#text(x + 8, top - 8, text, { ...style, anchor: 'start' }))
      this.#parts.push(isShown ? shape : `<g><title>${escapeText(text)}</title>${shape}</g>`)
    }
  }

  #prints(bottom: number): { height: number; width: number } {
    const { rows } = this.#layout.story.recording
    const ends: number[] = [] // of each line of texts, the x behind its last one
    let width = 0
    for (let n = this.#layout.first; n <= this.#layout.last && n < rows.length; n++) {
      const row = rows[n]!
      if (row.kind !== 'print') continue
      if (ends.length === 0) this.#name(10, bottom + 16, this.#say('prints'), n)
      const x = this.#x(n)
      const text = row.text.length > 60 ? `${row.text.slice(0, 59)}…` : row.text
      const long = textWidth(text, 12) * 1.08
      const toTheLeft = x - long - 10 > this.#layout.left && x + long > this.#x(this.#layout.last) + 60
      const begin = toTheLeft ? x - long - 12 : x - 4
      const line = [...ends, Number.NEGATIVE_INFINITY].findIndex((end) => end < begin)
      ends[line] = toTheLeft ? x : x + long + 8
      const y = bottom + 12 + 18 * line
      this.#parts.push(
        `<path d="M${x} ${bottom - 4}V${y}" stroke="${this.#colours.rim}"/><circle data-row="${n}" cx="${x}" cy="${y}" r="3.2" fill="${this.#colours.ink}"/>`,
      )
      this.#text(toTheLeft ? x - 8 : x + 8, y + 4, text, {
        size: 12,
        mono: true,
        anchor: toTheLeft ? 'end' : 'start',
        halo: true,
        row: n,
      })
      if (!toTheLeft) width = Math.max(width, x + long + 20)
    }
    return { height: 12 + 18 * ends.length, width }
  }

  /** The problems of the run up to the cursor, each in lines of the width of the picture. */
  #wrong(all: readonly Diagnosis[]): string[] {
    const { cursor = Number.POSITIVE_INFINITY, width } = this.#options
    const room = Math.max((width ?? this.#layout.xs[this.#layout.last]! + 130) - this.#layout.left - 20, 200)
    const found = all.filter(({ row }) => row <= cursor)
    return found.slice(0, MAX_WRONG).flatMap(({ text }) => wrapped(`${this.#say(text)}.`, room, 12))
  }

  #cursor(width: number, height: number): string {
    const { cursor } = this.#options
    const x = cursor === undefined ? width : this.#x(cursor)
    const c = this.#colours
    return `<g class="cursor" transform="translate(${x})"${cursor === undefined ? ' display="none"' : ''}><rect y="${TOP - 8}" width="${width}" height="${height}" fill="${c.panel}" opacity=".74"/><path d="M0 ${TOP - 10}V${height}" stroke="${c.ink}" stroke-width="2"/><path d="M-6 ${TOP - 18}h12l-6 8z" fill="${c.ink}"/></g>`
  }

  /** Returns false if there is no place for it. */
  #text(x: number, y: number, text: string, style: TextStyle, into?: string[]): boolean {
    if (text === '') return false
    const { cursor, width } = this.#options
    const { row } = style
    const isFaint = row !== undefined && cursor !== undefined && row > cursor
    const list = into ?? (row === undefined ? this.#parts : this.#texts)
    const wide = textWidth(text, style.size)
    const left = x - leftOf(style.anchor, wide)
    const at = list === this.#texts ? this.#places.take(left, wide, y, style.size, style.isAbove === true) : y
    if (at === undefined) return false
    list.push(svgText(x, at, text, { ...style, isFaint }, this.#colours, width))
    return true
  }
}
