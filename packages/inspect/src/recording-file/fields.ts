import type { Row } from '../recording.ts'

/** How a field is written and checked. A `task` is a number from 0, where 0 means that it is no Task. */
export type FieldType = 'task' | 'number' | 'string' | 'positions' | readonly string[]

/** A recording older than a reader has fewer kinds; one that is newer may have more, and more fields at the end of a row. */
export const FIELDS: { readonly [Kind in Row['kind']]: readonly (readonly [name: string, type: FieldType])[] } = {
  created: [
    ['task', 'task'],
    ['parent', 'task'],
    ['name', 'string'],
    ['line', 'number'],
  ],
  step: [
    ['task', 'task'],
    ['by', ['start', 'value', 'error', 'cancel']],
    ['from', 'task'],
  ],
  suspended: [
    ['task', 'task'],
    ['label', 'string'],
    ['on', 'task'],
    ['positions', 'positions'],
  ],
  cancelling: [
    ['task', 'task'],
    ['by', 'task'],
    ['source', ['task', 'timeout', 'TaskGroup', 'you', 'judge', 'run', 'callback']],
    ['via', 'task'],
    ['message', 'string'],
    ['count', 'number'],
    ['line', 'number'],
  ],
  'taken-back': [['task', 'task']],
  swallowed: [['task', 'task']],
  ready: [['task', 'task']],
  done: [
    ['task', 'task'],
    ['outcome', ['returned', 'threw', 'cancelled']],
    ['error', 'string'],
  ],
  caught: [
    ['task', 'task'],
    ['function', 'string'],
    ['line', 'number'],
  ],
  finally: [
    ['task', 'task'],
    ['function', 'string'],
    ['line', 'number'],
  ],
  print: [
    ['task', 'task'],
    ['text', 'string'],
    ['stream', ['out', 'err']],
  ],
  warning: [
    ['task', 'task'],
    ['text', 'string'],
    ['line', 'number'],
  ],
  ended: [
    ['text', 'string'],
    ['line', 'number'],
  ],
}
