// The events of one run, as plain data that can be cloned, posted and saved. Every picture is computed from it.

/** A place in the program. */
export interface Position {
  readonly function: string
  readonly line: number
  /** The line with its file, `main.ts:12`: known of a running process, but not of a recording in a file. */
  readonly place?: string
}

/**
 * The kinds of rows, and the fields of each in the order in which a file has them. A `task` is the number of a Task; 0
 * means none. docs/reference/recording.md describes them.
 */
export const ROWS = {
  created: { task: 'task', parent: 'task', name: 'string', line: 'number' },
  step: { task: 'task', by: ['start', 'value', 'error', 'cancel'], from: 'task' },
  // `members`: the Tasks that a gather, a group, … waits for at first; absent if there are none.
  suspended: { task: 'task', label: 'string', on: 'task', positions: 'positions', members: 'tasks' },
  // `by` is 0 if it was requested not by a Task, but by `source`; `canceller` names that: `timeout()`, a callback; ''
  // if unknown. `deadline` is the time limit that expired; 0 if there was none.
  cancelling: {
    task: 'task',
    by: 'task',
    source: ['task', 'timeout', 'TaskGroup', 'race', 'signal', 'interrupt', 'you', 'judge', 'run', 'callback'],
    via: 'task',
    message: 'string',
    count: 'number',
    line: 'number',
    canceller: 'string',
    deadline: 'number',
  },
  // A request was retracted by the `timeout()` or the TaskGroup that made it.
  'taken-back': { task: 'task' },
  swallowed: { task: 'task' },
  // A Task ended, and a callback that waits on behalf of the Task `to` was called: that of a gather, a group, …
  told: { task: 'task', to: 'task' },
  // `resource` is `Lock 2` if it is the second of this name; `to` receives it; `value` is the number of free permits,
  // or the length of the queue.
  resource: {
    task: 'task',
    resource: 'string',
    action: ['acquired', 'released', 'handed-on', 'put', 'got', 'dropped'],
    to: 'task',
    value: 'number',
  },
  // The awaited result is available; other Tasks run first.
  ready: { task: 'task' },
  // `from` is the origin of the error: the first Task that ended with it; this Task itself, if its awaitable failed
  // with it; 0 if it began here.
  done: { task: 'task', outcome: ['returned', 'threw', 'cancelled'], error: 'string', from: 'task' },
  caught: { task: 'task', function: 'string', line: 'number' },
  finally: { task: 'task', function: 'string', line: 'number' },
  print: { task: 'task', text: 'string', stream: ['out', 'err'] },
  warning: { task: 'task', text: 'string', line: 'number' },
  ended: { text: 'string', line: 'number' },
  // An iteration of the loop ended, which ran as many callbacks. Only with the option `turns`.
  turn: { handles: 'number' },
  // The exception of a Task that failed was never retrieved: nothing received it.
  lost: { task: 'task' },
  // A block with a time limit ended before the limit cancelled it.
  'in-time': { task: 'task', deadline: 'number' },
  deadline: { task: 'task', deadline: 'number', action: ['set', 'dropped'] },
  // A Task was added to the TaskGroup that the Task `to` waits for.
  joined: { task: 'task', to: 'task' },
  // A function of the Task has ended, and the Task `made`, which it created, has not.
  left: { task: 'task', function: 'string', made: 'task' },
} as const

/** How a field is written and checked. */
export type FieldType = 'task' | 'number' | 'string' | 'positions' | 'tasks' | readonly string[]

type Fields = typeof ROWS
type Value<Type> = Type extends readonly (infer Name)[]
  ? Name
  : Type extends 'string'
    ? string
    : Type extends 'positions'
      ? readonly Position[]
      : Type extends 'tasks'
        ? readonly number[]
        : number

/** One event. Tasks are numbered from 1, in order of creation. */
export type Row = { readonly time: number } & {
  [Kind in keyof Fields]: { readonly kind: Kind } & {
    readonly [Name in Exclude<keyof Fields[Kind], 'members'>]: Value<Fields[Kind][Name]>
  } & { readonly [Name in Extract<keyof Fields[Kind], 'members'>]?: Value<Fields[Kind][Name]> }
}[keyof Fields]

/** The source of a cancellation request. */
export type CancelSource = RowOf<'cancelling'>['source']

/** A row of one kind. */
export type RowOf<Kind extends Row['kind']> = Extract<Row, { readonly kind: Kind }>

/** The recording of one run, as plain data. */
export interface Recording {
  readonly version: 1
  readonly rows: readonly Row[]
  /** The number of earlier rows that were not kept. */
  readonly dropped?: number
}

/** @throws TypeError for anything else, such as the text of a recording */
export function rowsOf(recording: Recording): readonly Row[] {
  if (Array.isArray(recording?.rows)) return recording.rows
  const given = recording === null ? 'null' : Array.isArray(recording) ? 'an array' : typeof recording
  throw new TypeError(`a recording was expected, got ${given}. parseRecording(text) reads the text of a file`)
}
