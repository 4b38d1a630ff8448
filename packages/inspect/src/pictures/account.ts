import type { Recording, Row, RowOf } from '../recording.ts'
import { nameTasks, sourceName, tell } from '../story/story.ts'

/** One item of the account: what happened, in words. */
export interface AccountItem {
  readonly row: number
  readonly time: number
  readonly text: string
  readonly line: number
}

/** Describes the run in words, one item for each stop of the cursor. */
export function toAccount(recording: Recording): AccountItem[] {
  const names = nameTasks(recording.rows)
  return recording.rows.flatMap((row, n) => {
    const item = say(row, (task) => names.get(task) ?? 'plain code')
    return item === undefined ? [] : [{ row: n, time: row.time, ...item }]
  })
}

/** Describes one row in words, also if the account has no item for it. */
export function sayRow(row: Row, name: (task: number) => string): string {
  if (row.kind === 'ready') return `${name(row.task)} is ready`
  if (row.kind === 'told') return `the end of ${name(row.task)} is told to what waits on behalf of ${name(row.to)}`
  if (row.kind === 'turn') return 'the iteration of the loop ends'
  if (row.kind === 'deadline')
    return `${name(row.task)} ${row.action === 'set' ? 'has' : 'no longer has'} a deadline at ${number(row.deadline)} ms`
  return say(row, name)?.text ?? row.kind
}

function say(row: Row, name: (task: number) => string): { text: string; line: number } | undefined {
  switch (row.kind) {
    case 'ready':
    case 'told':
    case 'turn':
    case 'deadline':
      return undefined
    case 'created': {
      const { line } = row
      return {
        text:
          row.parent === 0
            ? `the Task ${name(row.task)} is made`
            : `${name(row.parent)} makes the Task ${name(row.task)}`,
        line,
      }
    }
    case 'step': {
      const text = {
        start: 'starts',
        value: 'goes on',
        error: 'goes on, with an exception',
        cancel: 'receives the CancelledError',
      }[row.by]
      const from = row.from > 0 && row.by !== 'value' ? `, which comes from ${name(row.from)}` : ''
      return { text: `${name(row.task)} ${text}${from}`, line: 0 }
    }
    case 'suspended': {
      const line = row.positions.at(-1)?.line ?? 0
      if (row.label === 'sleep(0)') return { text: `${name(row.task)} lets others run`, line }
      return { text: `${name(row.task)} waits for ${row.on > 0 ? name(row.on) : row.label}`, line }
    }
    case 'cancelling': {
      const { line } = row
      if (row.via > 0)
        return { text: `${name(row.via)} waits for ${name(row.task)}, so the request goes on to it`, line }
      const by =
        row.by > 0
          ? name(row.by)
          : row.source === 'timeout'
            ? row.deadline > 0
              ? `the deadline at ${number(row.deadline)} ms`
              : 'a deadline'
            : row.source === 'TaskGroup'
              ? 'the TaskGroup'
              : sourceName(row.source)
      const again = row.count > 1 ? ` for the ${ordinal(row.count)} time` : ''
      const verb = row.source === 'you' ? 'cancel' : row.source === 'run' ? 'and cancels' : 'cancels'
      return { text: `${by} ${verb} ${name(row.task)}${again}. Nothing has happened to it yet`, line }
    }
    case 'taken-back':
      return { text: `the block that cancelled ${name(row.task)} takes its request back`, line: 0 }
    case 'in-time':
      return {
        text: `the deadline of ${name(row.task)} at ${number(row.deadline)} ms does not fire: its block has ended`,
        line: 0,
      }
    case 'swallowed':
      return { text: `${name(row.task)} has swallowed its cancellation: it was cancelled, and ends otherwise`, line: 0 }
    case 'resource':
      return { text: sayResource(row, name), line: 0 }
    case 'done': {
      const how = { returned: 'returns', threw: `fails with ${row.error}`, cancelled: 'ends cancelled' }[row.outcome]
      return { text: `${name(row.task)} ${how}`, line: 0 }
    }
    case 'lost':
      return { text: `nothing has received the error of ${name(row.task)}: it is lost`, line: 0 }
    case 'caught':
      return { text: `${row.function}() catches the exception`, line: row.line }
    case 'finally':
      return { text: `${row.function}() enters its finally`, line: row.line }
    case 'print':
      return { text: `${row.task > 0 ? `${name(row.task)} prints` : 'prints'} “${row.text}”`, line: 0 }
    case 'warning':
      return { text: row.text, line: row.line }
    case 'ended':
      return { text: row.text, line: row.line }
  }
}

function ordinal(count: number): string {
  return ['', 'first', 'second', 'third'][count] ?? `${count}th`
}

function sayResource({ task, resource, action, to, value }: RowOf<'resource'>, name: (task: number) => string): string {
  switch (action) {
    case 'acquired':
      return `${name(task)} acquires ${resource}`
    case 'released':
      return `${name(task)} releases ${resource}`
    case 'handed-on':
      return `${name(task)} releases ${resource}, which goes on to ${name(to)}`
    case 'put':
      return `${name(task)} puts an item into ${resource}, which holds ${value} now`
    case 'got':
      return `${name(task)} takes an item out of ${resource}, which holds ${value} now`
    case 'dropped':
      return `${name(task)} shuts ${resource} down, with what is in it`
  }
}

/** Describes the run in one or two sentences, only from the rows. */
export function summary(recording: Recording): string {
  const { rows } = recording
  const names = nameTasks(rows)
  const name = (task: number): string => names.get(task) ?? 'plain code'
  const tasks = names.size
  if (tasks === 0) return 'No Task was made.'
  const end = rows.at(-1)!.time
  const request = rows.findIndex((row) => row.kind === 'cancelling')
  const first = rows[request]
  const failed = rows.flatMap((row) => (row.kind === 'done' && row.outcome === 'threw' ? [name(row.task)] : []))
  const stopped = rows.find((row) => row.kind === 'ended')
  const circle = circleOf(rows)
  const stuck =
    circle.length === 0 ? '' : ` ${list(circle.map(name))} wait for each other in a circle: none of them can go on.`
  const lost = rows.flatMap((row) => (row.kind === 'lost' ? [name(row.task)] : []))
  const tail =
    (lost.length > 0 ? ` Nothing received the ${lost.length > 1 ? 'errors' : 'error'} of ${list(lost)}.` : '') +
    stuck +
    (stopped?.kind === 'ended' ? ` Then: ${stopped.text}${stopped.line > 0 ? ` (line ${stopped.line})` : ''}.` : '')
  if (first?.kind !== 'cancelling') {
    const whole = `${tasks === 1 ? 'One Task runs' : `${tasks} Tasks run`} for ${number(end)} ms, and nothing is cancelled.`
    return whole + (failed.length > 0 ? ` ${list(failed)} ${failed.length > 1 ? 'fail' : 'fails'}.` : '') + tail
  }
  const sentences: string[] = []
  const same = rows.filter(
    (row) =>
      row.kind === 'cancelling' &&
      row.via === 0 &&
      row.source === first.source &&
      row.time === first.time &&
      row.by === first.by,
  )
  const targets = [...new Set(same.flatMap((row) => (row.kind === 'cancelling' ? [name(row.task)] : [])))]
  if (first.source === 'TaskGroup') {
    sentences.push(`${failed[0] ?? 'A Task'} fails, so its TaskGroup cancels ${list(targets)}.`)
  } else {
    const by =
      first.by > 0
        ? name(first.by)
        : first.source === 'timeout'
          ? 'A deadline'
          : first.source === 'you'
            ? 'You'
            : first.source === 'judge'
              ? 'The judge'
              : first.source === 'run'
                ? 'run() ends and'
                : 'A callback'
    sentences.push(
      `${by} ${first.source === 'you' ? 'cancel' : 'cancels'} ${list(targets)}${first.line > 0 ? ` at line ${first.line}` : ''}.`,
    )
  }
  const down = [name(first.task)]
  for (let n = request + 1; rows[n]?.kind === 'cancelling'; n++) {
    const row = rows[n]!
    if (row.kind === 'cancelling' && row.via > 0) down.push(name(row.task))
  }
  if (down.length > 1) sentences.push(`The request goes down: ${down.join(' → ')}.`)
  const { up, ended } = wayUp(recording, request, first.task, first.source === 'timeout', name)
  if (up.length > 1) sentences.push(`The error comes up: ${up.join(' → ')}${ended === '' ? '' : `, where ${ended}`}.`)
  else if (up.length === 1)
    sentences.push(`The error comes out of the await of ${up[0]}${ended === '' ? '' : `; ${ended}`}.`)
  else {
    const done = rows.find((row) => row.kind === 'done' && row.task === first.task)
    if (done?.kind === 'done' && done.outcome === 'cancelled')
      sentences.push(`${name(first.task)} ends cancelled, and none of its lines runs.`)
  }
  const swallowed = rows.find((row) => row.kind === 'swallowed')
  if (swallowed?.kind === 'swallowed')
    sentences.push(`${name(swallowed.task)} swallowed it: it went on as if nothing had been asked.`)
  return sentences.join(' ') + tail
}

/** Tasks that wait for each other at the end, in the order in which they do. */
function circleOf(rows: readonly Row[]): number[] {
  const waitsFor = new Map<number, number>()
  for (const row of rows) {
    if (row.kind === 'suspended') waitsFor.set(row.task, row.on)
    else if (row.kind === 'step' || row.kind === 'done') waitsFor.delete(row.task)
  }
  const seen = new Set<number>()
  for (const start of waitsFor.keys()) {
    const path = new Set<number>()
    let task: number | undefined = start
    while (task !== undefined && waitsFor.has(task) && !seen.has(task)) {
      seen.add(task)
      path.add(task)
      task = waitsFor.get(task)
    }
    if (task === undefined || !path.has(task)) continue
    const all = [...path]
    return all.slice(all.indexOf(task))
  }
  return []
}

/** The path of the error, from where it first appeared to where it was caught or ended. */
function wayUp(
  recording: Recording,
  request: number,
  target: number,
  isDeadline: boolean,
  name: (task: number) => string,
): { up: string[]; ended: string } {
  const { rows } = recording
  const story = tell(recording)
  const outcomes = new Map(story.lanes.map(({ task, end }) => [task, end?.outcome]))
  const errors = story.arrows.filter(({ kind }) => kind === 'error')
  const arriving = new Map(errors.map(({ toRow, fromTask }) => [toRow, fromTask]))
  const leaving = new Set(errors.map(({ fromRow }) => fromRow)) // each the row of the end of a Task
  const up: string[] = []
  let at = 0
  for (let n = request; n < rows.length; n++) {
    const row = rows[n]!
    if (row.kind === 'step' && row.by === 'cancel') {
      if (at !== 0 && arriving.get(n) !== at) continue // the error of another branch
      at = row.task
      up.push(name(at))
    } else if (row.kind === 'taken-back' && row.task === at) {
      return { up, ended: isDeadline ? `the timeout of ${name(at)} takes it back` : `${name(at)} takes it back` }
    } else if (row.kind === 'caught' && row.task === at && outcomes.get(at) !== 'cancelled') {
      return { up, ended: `${row.function}() catches it at line ${row.line}` }
    } else if (row.kind === 'done' && row.task === at && at === target) {
      if (!leaving.has(n)) return { up, ended: row.outcome === 'cancelled' ? `${name(at)} ends cancelled` : '' }
    }
  }
  return { up, ended: '' }
}

function number(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function list(items: readonly string[]): string {
  return items.length <= 1 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`
}
