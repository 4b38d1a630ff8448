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
  return rows.flatMap((row, n) => {
    const before = 'task' in row ? frame.tasks.get(row.task) : undefined
    frame.apply(row, n, run.index)
    if (!isStop(row)) return []
    const text =
      row.kind === 'step' && row.by === 'cancel' && isUnstarted(before, recording)
        ? `${name(row.task)} receives the CancelledError before it has started: none of its lines runs`
        : `${sayRow(row, name, start)}${woken(row, frame, rows, name)}`
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

function lineIn(row: Row): number {
  return 'positions' in row ? lineOf(row) : 'line' in row ? row.line : 0
}

/** Whether no line of a Task has run, as far as the recording has its beginning. */
function isUnstarted(task: TaskFrame | undefined, { rows, dropped = 0 }: Recording): boolean {
  return dropped === 0 && task !== undefined && task.parent > 0 && rows[task.ended?.row ?? -1]?.kind === 'created'
}

/** Describes the run in one or two sentences, only from the rows. */
export function summary(recording: Recording): string {
  const rows = rowsOf(recording)
  const { names } = shownReplay(recording).index
  const name = (task: number): string => printable(names.get(task) ?? 'plain code')
  const tasks = names.size
  if (tasks === 0) return 'No Task was created.'
  const start = rows[0]!.time
  const duration = toHundredths(rows.at(-1)!.time - start)
  // What the end of the run does to the Tasks that are left is never the cause of anything.
  const request = rows.findIndex((row) => row.kind === 'cancelling' && row.source !== 'run')
  const first = rows[request]
  const failed = rows.flatMap((row) => (row.kind === 'done' && row.outcome === 'threw' ? [name(row.task)] : []))
  const stopped = rows.find((row) => row.kind === 'ended')
  const wrong = diagnose(recording).map(({ text }) => ` ${text}.`)
  const tail =
    wrong.join('') +
    (stopped?.kind === 'ended'
      ? ` The run stops: ${stopped.text}${stopped.line > 0 ? ` (line ${stopped.line})` : ''}.`
      : '')
  if (first?.kind !== 'cancelling') {
    const whole = `The run has ${tasks === 1 ? 'one Task' : `${tasks} Tasks`} and takes ${duration} ms.`
    const nothing = rows.some(({ kind }) => kind === 'cancelling') ? '' : ' Nothing is cancelled.'
    return (
      whole + nothing + (failed.length > 0 ? ` ${list(failed)} ${failed.length > 1 ? 'fail' : 'fails'}.` : '') + tail
    )
  }
  const sentences: string[] = []
  const requests = rows.filter((row) => row.kind === 'cancelling')
  const same = requests.filter(
    ({ via, source, time, by }) => via === 0 && source === first.source && time === first.time && by === first.by,
  )
  const targets = [...new Set(same.map(({ task }) => task))]
  const at = (line: number): string => (line > 0 ? ` at line ${line}` : '')
  const later = requests.filter((row) => row.via === 0 && row.source !== 'run' && !same.includes(row))
  const [next] = later
  const isAgain = later.length === 1 && targets.length === 1 && next!.task === first.task && next!.count > first.count
  if (first.source === 'TaskGroup')
    sentences.push(`${failed[0] ?? 'A Task'} fails, so its TaskGroup cancels ${list(targets.map(name))}.`)
  else
    sentences.push(
      `${capitalized(canceller(first, name, start), first.by > 0)} ${list(targets.map(name))}${at(first.line)}${isAgain ? `, and again${at(next!.line)}` : ''}.`,
    )
  const down = wayDown(rows, request)
  if (down.length > 1)
    sentences.push(`The request goes down: ${down.map((level) => list(level.map(name))).join(' → ')}.`)
  sentences.push(
    targets.length > 1
      ? outcomesOf(rows, targets, name, first.source === 'TaskGroup')
      : wayUpInWords(recording, request, first, name),
  )
  if (later.length === 1 && !isAgain) {
    const { task, count, line } = next!
    sentences.push(`Later, ${canceller(next!, name, start)} ${name(task)}${count > 1 ? ' again' : ''}${at(line)}.`)
  } else if (later.length > 1) sentences.push(`Later, there are ${later.length} more requests to cancel.`)
  return sentences.filter((sentence) => sentence !== '').join(' ') + tail
}

/** A Task keeps its name as it is. */
function capitalized(text: string, isName: boolean): string {
  return isName || text.startsWith('run()') ? text : text.charAt(0).toUpperCase() + text.slice(1)
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

function outcomesOf(
  rows: readonly Row[],
  targets: readonly number[],
  name: (task: number) => string,
  isGroup: boolean,
): string {
  const cancelled = targets.filter((task) =>
    rows.some((row) => row.kind === 'done' && row.task === task && row.outcome === 'cancelled'),
  )
  const takenBack = targets.filter((task) => rows.some((row) => row.kind === 'taken-back' && row.task === task))
  const sentences: string[] = []
  if (cancelled.length > 0)
    sentences.push(`${list(cancelled.map(name))} ${cancelled.length > 1 ? 'end' : 'ends'} cancelled.`)
  if (takenBack.length > 0) {
    const whom = list(takenBack.map(name))
    const why = isGroup ? `, because ${whom} ${takenBack.length > 1 ? 'receive' : 'receives'} the failure instead` : ''
    sentences.push(`The request to cancel ${whom} is taken back${why}.`)
  }
  return sentences.join(' ')
}

function wayUpInWords(
  recording: Recording,
  request: number,
  { task, source }: RowOf<'cancelling'>,
  name: (task: number) => string,
): string {
  const { up, ended, first } = wayUp(recording, request, task, source === 'timeout', name)
  const line = lineOf(first ?? NOWHERE)
  if (up.length === 1 && isUnstarted(first, recording))
    return `${name(task)} ends cancelled, and none of its lines runs.`
  if (up.length > 1) return `The error comes up: ${up.join(' → ')}${ended === '' ? '' : `, where ${ended}`}.`
  if (up.length === 1) {
    const end = ended === '' ? '' : ended === `${up[0]} ends cancelled` ? ' and ends cancelled' : `, and ${ended}`
    return `${up[0]} receives the CancelledError${line > 0 ? ` at line ${line}` : ''}${end}.`
  }
  const done = recording.rows.find((row) => row.kind === 'done' && row.task === task)
  if (done?.kind !== 'done') return ''
  if (done.outcome === 'cancelled') {
    const hasRun = recording.rows.some((row) => row.kind === 'step' && row.task === task)
    return `${name(task)} ends cancelled, ${hasRun ? 'before the error reaches it' : 'and none of its lines runs'}.`
  }
  return `${name(task)} never receives the error, and ${done.outcome === 'returned' ? 'returns' : 'fails'}.`
}

/** The path of the error, from where it first appeared to where it was caught or ended. */
function wayUp(
  recording: Recording,
  request: number,
  target: number,
  isDeadline: boolean,
  name: (task: number) => string,
): { readonly up: readonly string[]; readonly ended: string; readonly first: TaskFrame | undefined } {
  const rows = rowsOf(recording)
  const run = shownReplay(recording)
  const story = toStory(recording)
  const outcomes = new Map(story.lanes.map(({ task, end }) => [task, end?.outcome]))
  const errors = story.arrows.filter(({ kind }) => kind === 'error')
  const arriving = new Map(errors.map(({ toRow, fromTask }) => [toRow, fromTask]))
  const leaving = new Set(errors.map(({ fromRow }) => fromRow)) // each the row of the end of a Task
  const up: string[] = []
  let at = 0
  let first: TaskFrame | undefined // the Task that the error has reached, in its state before that
  for (let n = request; n < rows.length; n++) {
    const row = rows[n]!
    if (row.kind === 'step' && row.by === 'cancel') {
      if (at !== 0 && arriving.get(n) !== at) continue // the error of another branch
      if (at === 0) first = run.frame(n - 1).tasks.get(row.task)
      at = row.task
      up.push(name(at))
    } else if (row.kind === 'taken-back' && row.task === at) {
      return { up, first, ended: isDeadline ? 'the block with the deadline stops it' : 'the request is taken back' }
    } else if (row.kind === 'caught' && row.task === at && outcomes.get(at) !== 'cancelled') {
      const fate = afterCatch(rows.slice(n + 1), row)
      if (fate === 'thrown again') continue
      const failed = fate === 'failed' ? `, and ${name(at)} fails` : ''
      return { up, first, ended: `${row.function}() catches it at line ${row.line}${failed}` }
    } else if (row.kind === 'done' && row.task === target && at === 0) {
      // It ends before the error reaches it, and whatever awaits it receives one.
      if (row.outcome !== 'cancelled' || !leaving.has(n)) return { up, first, ended: '' }
      at = target
      up.push(name(at))
    } else if (row.kind === 'done' && row.task === at && at === target) {
      if (!leaving.has(n)) return { up, first, ended: row.outcome === 'cancelled' ? `${name(at)} ends cancelled` : '' }
    }
  }
  return { up, first, ended: '' }
}

/** The fate of an error that a `catch` has: a caller's `catch`, or the block with the deadline, may have it next. */
function afterCatch(
  later: readonly Row[],
  caught: { readonly task: number; readonly function: string },
): 'thrown again' | 'failed' | 'kept' {
  let isTakenBack = false
  for (const row of later) {
    if (!('task' in row) || row.task !== caught.task) continue
    if (row.kind === 'taken-back') isTakenBack = true
    else if (row.kind === 'caught') return isTakenBack || row.function !== caught.function ? 'thrown again' : 'kept'
    else if (row.kind === 'suspended') return 'kept'
    else if (row.kind === 'done') return row.outcome !== 'threw' ? 'kept' : isTakenBack ? 'thrown again' : 'failed'
  }
  return 'kept'
}
