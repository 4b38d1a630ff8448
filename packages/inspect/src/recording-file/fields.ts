import type { Row } from '../recording.ts'

/** How a field is written and checked. A `task` is a number from 0, where 0 means no Task. */
export type FieldType = 'task' | 'number' | 'string' | 'positions' | 'tasks' | readonly string[]

/** The maximum number of texts of a file that have a number. */
export const MAX_STRINGS = 4096

/**
 * The fields of each kind, in the order in which they are written. A recording older than its reader has fewer kinds; a
 * newer one may have more kinds, and more fields at the end of a row.
 */
const TYPES: { readonly [Kind in Row['kind']]: Readonly<Record<string, FieldType>> } = {
  created: { task: 'task', parent: 'task', name: 'string', line: 'number' },
  step: { task: 'task', by: ['start', 'value', 'error', 'cancel'], from: 'task' },
  suspended: { task: 'task', label: 'string', on: 'task', positions: 'positions', members: 'tasks' },
  cancelling: {
    task: 'task',
    by: 'task',
    source: ['task', 'timeout', 'TaskGroup', 'signal', 'interrupt', 'you', 'judge', 'run', 'callback'],
    via: 'task',
    message: 'string',
    count: 'number',
    line: 'number',
    canceller: 'string',
    deadline: 'number',
  },
  'taken-back': { task: 'task' },
  swallowed: { task: 'task' },
  told: { task: 'task', to: 'task' },
  resource: {
    task: 'task',
    resource: 'string',
    action: ['acquired', 'released', 'handed-on', 'put', 'got', 'dropped'],
    to: 'task',
    value: 'number',
  },
  ready: { task: 'task' },
  done: { task: 'task', outcome: ['returned', 'threw', 'cancelled'], error: 'string', from: 'task' },
  caught: { task: 'task', function: 'string', line: 'number' },
  finally: { task: 'task', function: 'string', line: 'number' },
  print: { task: 'task', text: 'string', stream: ['out', 'err'] },
  warning: { task: 'task', text: 'string', line: 'number' },
  ended: { text: 'string', line: 'number' },
  turn: { handles: 'number' },
  lost: { task: 'task' },
  'in-time': { task: 'task', deadline: 'number' },
  deadline: { task: 'task', deadline: 'number', action: ['set', 'dropped'] },
}

/** The kinds by their number. The header of a file names them. */
export const KINDS: readonly Row['kind'][] = Object.keys(TYPES) as Row['kind'][]

/** The names and types of the fields of each kind. */
export const FIELDS: { readonly [Kind in Row['kind']]: readonly (readonly [name: string, type: FieldType])[] } =
  Object.fromEntries(KINDS.map((kind) => [kind, Object.entries(TYPES[kind])])) as never

/** Whether a field can be left out at the end of a row. */
export function isDefault(value: unknown, type: FieldType): boolean {
  if (type === 'tasks') return value === undefined
  if (type === 'positions') return (value as readonly unknown[]).length === 0
  return type === 'string' ? value === '' : (type === 'task' || type === 'number') && Object.is(value, 0)
}

/** The value of a field that was left out. */
export function defaultOf(type: FieldType): unknown {
  if (type === 'positions') return []
  return type === 'string' ? '' : type === 'task' || type === 'number' ? 0 : undefined
}
