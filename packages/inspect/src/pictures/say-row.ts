import type { Row, RowOf } from '../recording.ts'
import { toHundredths } from '../recording-file/row-writer.ts'
import { sourceName } from '../story/story.ts'

type NameOf = (task: number) => string

/**
 * Describes one row in words.
 * @param start the time of the first row: the clock of a loop does not begin at 0
 */
export function sayRow(row: Row, name: NameOf, start = 0): string {
  switch (row.kind) {
    case 'ready':
      return `${name(row.task)} is ready`
    case 'told':
      return `${name(row.to)} learns, through a gather, a group or a wait, that ${name(row.task)} has ended`
    case 'joined':
      return `${name(row.to)} waits for ${name(row.task)}, too`
    case 'left':
      return `${row.function}() has ended, and ${name(row.made)}, which it created, goes on`
    case 'turn':
      return 'the iteration of the loop ends'
    case 'deadline': {
      const has = row.action === 'set' ? 'has' : 'no longer has'
      return `${name(row.task)} ${has} a deadline at ${toHundredths(row.deadline - start)} ms`
    }
    case 'created':
      if (row.parent === 0) return `the Task ${name(row.task)} is created`
      return `${name(row.parent)} creates the Task ${name(row.task)}`
    case 'step': {
      const from = row.from > 0 && row.by !== 'value' ? `, which comes from ${name(row.from)}` : ''
      return `${name(row.task)} ${STEPS[row.by]}${from}`
    }
    case 'suspended':
      if (row.label === 'sleep(0)') return `${name(row.task)} lets others run`
      return `${name(row.task)} waits for ${row.on > 0 ? name(row.on) : row.label}`
    case 'cancelling': {
      const task = name(row.task)
      if (row.via > 0) return `${name(row.via)} waits for ${task}, so the request is passed on to ${task}`
      const again = row.count > 1 ? ` for the ${ordinal(row.count)} time` : ''
      return `${canceller(row, name, start)} ${task}${again}`
    }
    case 'taken-back':
      return `a request to cancel ${name(row.task)} is taken back`
    case 'in-time':
      return `${name(row.task)} leaves a block before its deadline at ${toHundredths(row.deadline - start)} ms`
    case 'swallowed':
      return `${name(row.task)} has swallowed the cancellation: it was cancelled, but does not end as cancelled`
    case 'resource':
      return sayResource(row, name)
    case 'done': {
      const how = { returned: 'returns', threw: `fails with ${row.error}`, cancelled: 'ends cancelled' }[row.outcome]
      return `${name(row.task)} ${how}`
    }
    case 'lost':
      return `nothing has received the exception of ${name(row.task)}: it is lost`
    case 'caught':
      return `${row.function}() catches the exception`
    case 'finally':
      return `${row.function}() enters its finally`
    case 'print':
      return `${row.task > 0 ? `${name(row.task)} prints` : 'prints'} “${row.text}”`
    case 'warning':
    case 'ended':
      return row.text
  }
}

const STEPS = {
  start: 'starts',
  value: 'continues',
  error: 'receives an exception',
  cancel: 'receives the CancelledError',
}

/** The canceller, with its verb. */
export function canceller({ by, source, deadline }: RowOf<'cancelling'>, name: NameOf, start: number): string {
  if (by > 0) return `${name(by)} cancels`
  switch (source) {
    case 'timeout':
      return deadline > 0 ? `the deadline at ${toHundredths(deadline - start)} ms cancels` : 'a deadline cancels'
    case 'TaskGroup':
      return 'the TaskGroup cancels'
    case 'signal':
      return 'an AbortSignal cancels'
    case 'you':
      return 'you cancel'
    case 'run':
      return 'run() ends and cancels'
    default:
      return `${sourceName(source)} cancels`
  }
}

function ordinal(count: number): string {
  return ['', 'first', 'second', 'third'][count] ?? `${count}th`
}

function sayResource({ task, resource, action, to, value }: RowOf<'resource'>, name: NameOf): string {
  switch (action) {
    case 'acquired':
      return `${name(task)} acquires ${resource}`
    case 'released':
      return `${name(task)} releases ${resource}`
    case 'handed-on':
      return `${name(task)} releases ${resource}, which passes to ${name(to)}`
    case 'put':
      return `${name(task)} puts an item into ${resource}, which now holds ${value}`
    case 'got':
      return `${name(task)} takes an item out of ${resource}, which now holds ${value}`
    case 'dropped':
      return `${name(task)} shuts down ${resource} and drops its items`
  }
}
