import { printable } from '../printable.ts'
import { type Recording, type Row, type RowOf, rowsOf } from '../recording.ts'
import { toHundredths } from '../recording-file/row-writer.ts'
import { diagnose, list } from '../replay/diagnose.ts'
import { type Frame, lineOf, type TaskFrame } from '../replay/frame.ts'
import { shownReplay } from '../replay/replay.ts'
import { sayCause } from '../replay/what-woke.ts'
import { isStop, toStory } from '../story/story.ts'
import { canceller, sayRow } from './say-row.ts'

const NOWHERE = { positions: [] }

/** One item of the account: what happened, in words. */
export interface AccountItem {
  readonly row: number
  /** In ms since the first row. */
  readonly time: number
  readonly text: string
  readonly line: number
}

/** Describes the run in words, one item for each stop of the cursor. */
export function toAccount(recording: Recording): AccountItem[] {
  const rows = rowsOf(recording)
  const start = rows[0]?.time ?? 0
  const run = shownReplay(recording)
  const name = (task: number): string => run.index.names.get(task) ?? 'plain code'
  const frame = run.frame(-1)
  const requests = new Map<number, RowOf<'cancelling'>>()
  return rows.flatMap((row, n) => {
    if (row.kind === 'cancelling') requests.set(row.task, row)
    const before = 'task' in row ? frame.tasks.get(row.task) : undefined
    frame.apply(row, n, run.index)
    if (!isStop(row)) return []
    const text =
      row.kind === 'step' && row.by === 'cancel' && isUnstarted(before, recording)
        ? `${name(row.task)} receives the CancelledError before it has started: none of its lines runs`
        : `${sayRow(row, name, start)}${woken(row, frame, rows, name)}${explained(row, requests, name)}`
    const line =
      row.kind !== 'step' ? lineIn(row) : row.by === 'cancel' || row.by === 'error' ? lineOf(before ?? NOWHERE) : 0
    return [{ row: n, time: row.time - start, text: printable(text), line }]
  })
}

/** Why a Task continues. `sleep(0)` needs no reason. */
function woken(row: Row, { tasks }: Frame, rows: readonly Row[], name: (task: number) => string): string {
  const cause = row.kind === 'step' && row.by === 'value' ? tasks.get(row.task)?.cause : undefined
  const isTurn = cause === undefined || rows[cause.row]!.kind === 'suspended'
  return isTurn || row.kind !== 'step' ? '' : ` because ${sayCause(cause, row.task, rows, name)}`
}

/** What a request is, and why it is taken back. */
function explained(
  row: Row,
  requests: ReadonlyMap<number, RowOf<'cancelling'>>,
  name: (task: number) => string,
): string {
  if (row.kind === 'cancelling' && row.via === 0) return ', which so far is only a request'
  const source = row.kind === 'taken-back' ? requests.get(row.task)?.source : undefined
  if (source === 'timeout') return ': the block with the deadline stops it'
  return source === 'TaskGroup' && 'task' in row ? `, because ${name(row.task)} receives the failure instead` : ''
}

function lineIn(row: Row): number {
  return 'positions' in row ? lineOf(row) : 'line' in row ? row.line : 0
}

/** Whether no line of a Task has run, as far as the recording has its beginning. */
function isUnstarted(task: TaskFrame | undefined, { rows, dropped = 0 }: Recording): boolean {
  return dropped === 0 && task !== undefined && task.parent > 0 && rows[task.ended?.row ?? -1]?.kind === 'created'
}

/** Describes the run in a few sentences of its account: the first cancellation, and what is wrong. */
export function summary(recording: Recording): string {
  const rows = rowsOf(recording)
  const { names } = shownReplay(recording).index
  if (names.size === 0) return 'No Task was created.'
  // What the end of the run does to the Tasks that are left is never the cause of anything.
  const request = rows.findIndex((row) => row.kind === 'cancelling' && row.source !== 'run')
  const wrong = diagnose(recording).map(({ text }) => `${text}.`)
  const ended = rows.find(({ kind }) => kind === 'ended')
  if (ended?.kind === 'ended')
    wrong.push(`The run stops: ${ended.text}${ended.line > 0 ? ` (line ${ended.line})` : ''}.`)
  return [...(request < 0 ? wholeRun(recording) : cancellation(recording, request)), ...wrong].join(' ')
}

function wholeRun(recording: Recording): string[] {
  const rows = rowsOf(recording)
  const { names } = shownReplay(recording).index
  const duration = toHundredths(rows.at(-1)!.time - rows[0]!.time)
  const sentences = [`The run has ${names.size === 1 ? 'one Task' : `${names.size} Tasks`} and takes ${duration} ms.`]
  if (!rows.some(({ kind }) => kind === 'cancelling')) sentences.push('Nothing is cancelled.')
  const failed = rows.flatMap((row) => (row.kind === 'done' && row.outcome === 'threw' ? [names.get(row.task)!] : []))
  if (failed.length > 0) sentences.push(`${list(failed)} ${failed.length > 1 ? 'fail' : 'fails'}.`)
  return sentences
}

const MAX_SAID = 4

/** The request at a row and those made with it, their ways down and up, and what becomes of their Tasks. */
function cancellation(recording: Recording, request: number): string[] {
  const rows = rowsOf(recording)
  const start = rows[0]!.time
  const { names } = shownReplay(recording).index
  const name = (task: number): string => names.get(task) ?? 'plain code'
  const account = new Map(toAccount(recording).map((item) => [item.row, item]))
  const said = (row: number): string => {
    const { text, line } = account.get(row)!
    return `${capitalized(text)}${at(line)}.`
  }
  const first = rows[request] as RowOf<'cancelling'>
  const requests = rows.filter((row) => row.kind === 'cancelling')
  const isSame = ({ via, source, time, by }: RowOf<'cancelling'>): boolean =>
    via === 0 && source === first.source && time === first.time && by === first.by
  const targets = [...new Set(requests.filter(isSame).map(({ task }) => task))]
  const cancels = canceller(first, name, start)
  const failed = rows.findIndex((row) => row.kind === 'done' && row.outcome === 'threw' && row.time === first.time)
  const sentences = first.source === 'TaskGroup' && failed >= 0 && failed < request ? [said(failed)] : []
  sentences.push(`${first.by > 0 ? cancels : capitalized(cancels)} ${list(targets.map(name))}${at(first.line)}.`)
  const down = wayDown(rows, request)
  if (down.length > 1)
    sentences.push(`The request goes down: ${down.map((level) => list(level.map(name))).join(' → ')}.`)
  const arrived = rows.findIndex((row, n) => n > request && row.kind === 'step' && row.by === 'cancel')
  const up = arrived < 0 || targets.length > 1 ? [] : wayUp(recording, arrived)
  if (up.length > 1) sentences.push(`The error comes up: ${up.map(name).join(' → ')}.`)
  const concerned = new Set(up.length > 1 ? up.slice(-1) : targets)
  const fates = rows.flatMap((row, n) => (n > request && isFate(row) && concerned.has(row.task) ? [n] : []))
  if (up.length === 1) fates.push(arrived)
  fates.sort((a, b) => a - b)
  sentences.push(...fates.slice(0, MAX_SAID).map(said))
  const later = requests.filter((row) => row.via === 0 && row.source !== 'run' && !isSame(row))
  if (later.length > 1) sentences.push(`Later, there are ${later.length} more requests to cancel.`)
  else for (const row of later) sentences.push(`Later, ${sayRow(row, name, start)}${at(row.line)}.`)
  return [...new Set(sentences)]
}

function at(line: number): string {
  return line > 0 ? ` at line ${line}` : ''
}

/** The beginning of a sentence. A Task keeps its name as it is. */
function capitalized(text: string): string {
  return /^(?:the|an?|you) /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text
}

function isFate(row: Row): row is RowOf<'caught' | 'taken-back' | 'done'> {
  return row.kind === 'caught' || row.kind === 'taken-back' || row.kind === 'done'
}

function wayDown(rows: readonly Row[], request: number): number[][] {
  const levels: number[][] = []
  const levelOf = new Map<number, number>()
  for (let n = request; n < rows.length; n++) {
    const row = rows[n]!
    if (!isStop(row)) continue
    if (row.kind !== 'cancelling' || (n > request && row.via === 0)) break
    const level = n === request ? 0 : (levelOf.get(row.via) ?? 0) + 1
    if (levelOf.has(row.task)) continue
    levelOf.set(row.task, level)
    levels[level] = [...(levels[level] ?? []), row.task]
  }
  return levels
}

/** The Tasks that the error reaches which arrives at a row: each arrow begins where the one before it ended. */
function wayUp(recording: Recording, arrived: number): number[] {
  const { arrows } = toStory(recording)
  const up = [(rowsOf(recording)[arrived] as RowOf<'step'>).task]
  for (const { kind, fromTask, toTask, toRow } of arrows)
    if (kind === 'error' && fromTask === up.at(-1) && toRow > arrived) up.push(toTask)
  return up
}
