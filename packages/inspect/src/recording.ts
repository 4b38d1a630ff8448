// The events of one run, as plain data that can be cloned, posted and saved. Every picture is computed from it.

/** A place in the program. */
export interface Position {
  readonly function: string
  readonly line: number
  /** The line with its file, `main.ts:12`: known of a running process, but not of a recording in a file. */
  readonly place?: string
}

/** The source of a cancellation request. */
export type CancelSource =
  | 'task'
  | 'timeout'
  | 'TaskGroup'
  | 'signal'
  | 'interrupt'
  | 'you'
  | 'judge'
  | 'run'
  | 'callback'

/** One event. Tasks are numbered from 1, in order of creation. */
export type Row = { readonly time: number } & (
  | {
      readonly kind: 'created'
      readonly task: number
      readonly parent: number
      readonly name: string
      readonly line: number
    }
  | {
      readonly kind: 'step'
      readonly task: number
      readonly by: 'start' | 'value' | 'error' | 'cancel'
      readonly from: number
    }
  | {
      readonly kind: 'suspended'
      readonly task: number
      readonly label: string
      readonly on: number
      readonly positions: readonly Position[]
      /** The Tasks that a gather, a group, … waits for; absent if there are none. */
      readonly members?: readonly number[]
    }
  | {
      readonly kind: 'cancelling'
      readonly task: number
      /** 0: it was requested not by a Task, but by `source`. */
      readonly by: number
      readonly source: CancelSource
      readonly via: number
      readonly message: string
      readonly count: number
      readonly line: number
      /** The canceller: `timeout()`, the name of a Task or callback; '' if unknown. */
      readonly canceller: string
      /** The time limit that expired; 0 if there was none. */
      readonly deadline: number
    }
  /** A request was retracted by the `timeout()` or the TaskGroup that made it. */
  | { readonly kind: 'taken-back'; readonly task: number }
  /** A block with a time limit ended before the limit cancelled it. */
  | { readonly kind: 'in-time'; readonly task: number; readonly deadline: number }
  | { readonly kind: 'deadline'; readonly task: number; readonly deadline: number; readonly action: 'set' | 'dropped' }
  /** A Task ended, and a callback that waits on behalf of the Task `to` was called: that of a gather, a group, … */
  | { readonly kind: 'told'; readonly task: number; readonly to: number }
  | {
      readonly kind: 'resource'
      readonly task: number
      /** `Lock`, or `Lock 2` if it is the second of this name. */
      readonly resource: string
      readonly action: 'acquired' | 'released' | 'handed-on' | 'put' | 'got' | 'dropped'
      /** The Task that receives it. */
      readonly to: number
      /** The number of free permits, or the length of the queue. */
      readonly value: number
    }
  | { readonly kind: 'swallowed'; readonly task: number }
  /** The awaited result is available; other Tasks run first. */
  | { readonly kind: 'ready'; readonly task: number }
  | {
      readonly kind: 'done'
      readonly task: number
      readonly outcome: 'returned' | 'threw' | 'cancelled'
      readonly error: string
      /**
       * The origin of the error: the first Task that ended with it; this Task itself, if its awaitable failed with
       * it; 0 if it began here.
       */
      readonly from: number
    }
  /** The exception of a Task that failed was never retrieved: nothing received it. */
  | { readonly kind: 'lost'; readonly task: number }
  | { readonly kind: 'caught' | 'finally'; readonly task: number; readonly function: string; readonly line: number }
  | { readonly kind: 'print'; readonly task: number; readonly text: string; readonly stream: 'out' | 'err' }
  | { readonly kind: 'warning'; readonly task: number; readonly text: string; readonly line: number }
  | { readonly kind: 'ended'; readonly text: string; readonly line: number }
  /** An iteration of the loop ended, which ran as many callbacks. Only with the option `turns`. */
  | { readonly kind: 'turn'; readonly handles: number }
)

/** A row of one kind. */
export type RowOf<Kind extends Row['kind']> = Extract<Row, { readonly kind: Kind }>

/** The recording of one run, as plain data. */
export interface Recording {
  readonly version: 1
  readonly rows: readonly Row[]
  /** The number of earlier rows that were not kept. */
  readonly dropped?: number
}
