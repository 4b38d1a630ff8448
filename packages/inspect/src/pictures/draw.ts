// The picture of a run: a pure function that returns a string of SVG. There is one lane per Task. The x axis has one
// step for each stop of the cursor, with a gap wherever time passes. Shapes and hatching distinguish the states, never
// colour alone. This file chooses the content and the positions; picture.ts draws them.

import { checkOptions } from 'spindle/internal'
import type { Recording } from '../recording.ts'
import { shownReplay } from '../replay/replay.ts'
import { type Arrow, type Lane, toStoryPart } from '../story/story.ts'
import { foldedRows, foldsOf } from './folds.ts'
import { groupsOf, ownRows, titleOf } from './groups.ts'
import { BEHIND, Picture } from './picture.ts'
import { fit, toTime, UNIT, windowOf, xPositions } from './positions.ts'
import type { Theme } from './shapes.ts'
import { textWidth } from './svg-text.ts'

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
   * Draws true time: the x axis covers this many ms from the first event. Arrows and marks have no labels.
   * @default one step for each event
   */
  readonly span?: number
  /** The number of a Task: the lanes of Tasks that neither created, cancelled nor failed it are faint. */
  readonly focus?: number
  /** The Lab moves the cursor without drawing again. */
  readonly title?: string
  /** Translates the picture's own words, such as `holds Lock`. Names and output of the program are not translated. */
  readonly words?: (english: string) => string
}

/** A picture, and the positions of its rows. */
export interface Drawing {
  readonly svg: string
  /** The position of each row, in px: maps a click to a row, and a row to the cursor. */
  readonly xs: readonly number[]
  /** The middle of each lane, in px. */
  readonly lanes: readonly { readonly task: number; readonly y: number }[]
  /** The x position of the last problem that is drawn, in px; undefined if there is none. */
  readonly focus: number | undefined
  readonly width: number
  readonly height: number
}

const MAX_ROWS = 420
const OPTIONS = ['cursor', 'theme', 'width', 'fold', 'span', 'focus', 'title', 'words']
/** With true time: the default width, and the room for names. */
const TIME_WIDTH = 960
const TIME_LEFT = 124
const MIN_WIDTH = 320
/** With a given width: the least room for one event. */
const MIN_UNIT = 4
/** The room for rows in a row that repeat each other: the first of these, up to the second if their text needs it. */
const FOLDED_WIDTH = 7 * UNIT
const MAX_FOLDED_WIDTH = 14 * UNIT
const MAX_LANES = 40
const MAX_GROUPS = 12

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
  const inFocus = options.focus === undefined ? undefined : causesOf(options.focus, story.arrows)
  return new Picture({ story, lanes: shownLanes, inFocus, groups, grouped, folds, xs, left, first, last }, given).draw()
}

/** A Task, and the Tasks from which its creation, a request or an error came to it, directly or through others. */
function causesOf(focus: number, arrows: readonly Arrow[]): Set<number> {
  // By Task: the last row at which it caused something. What reached the Task later is no cause.
  const until = new Map([[focus, Number.POSITIVE_INFINITY]])
  for (const [task, last] of until) {
    for (const { fromTask, fromRow, toTask, toRow } of arrows) {
      if (toTask !== task || toRow > last || fromRow <= (until.get(fromTask) ?? -1)) continue
      until.delete(fromTask) // so that it is visited again
      until.set(fromTask, fromRow)
    }
  }
  return new Set(until.keys())
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
