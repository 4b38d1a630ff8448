// What happened in one run, as plain data: it can be cloned, posted and saved, and every
// picture is computed from it.

/** A place in the program. */
export interface Position {
  readonly function: string
  readonly line: number
}

/** Who asks for a cancellation. */
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

/** What happened at one moment. Tasks are numbered from 1, in the order in which they were made. */
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
    }
  | {
      readonly kind: 'cancelling'
      readonly task: number
      /** 0: no Task asked for it, but what `source` names. */
      readonly by: number
      readonly source: CancelSource
      readonly via: number
      readonly message: string
      readonly count: number
      readonly line: number
      /** What cancels: `timeout()`, the name of a Task or callback; '' if nothing is known. */
      readonly canceller: string
      /** The time limit that is over; 0: it was none. */
      readonly deadline: number
    }
  /** A request was taken back: by the `timeout()` or the TaskGroup that made it. */
  | { readonly kind: 'taken-back'; readonly task: number }
  /** The end of a Task is told to a callback that waits on behalf of the Task `to`: that of a gather, a group, … */
  | { readonly kind: 'told'; readonly task: number; readonly to: number }
  | {
      readonly kind: 'resource'
      readonly task: number
      /** `Lock`, or `Lock 2` if it is the second of this name. */
      readonly resource: string
      readonly action: 'acquired' | 'released' | 'handed-on' | 'put' | 'got' | 'dropped'
      /** The Task it is handed on to. */
      readonly to: number
      /** How many permits are free, or how long the queue is. */
      readonly value: number
    }
  | { readonly kind: 'swallowed'; readonly task: number }
  /** What it waited for is there; others run first. */
  | { readonly kind: 'ready'; readonly task: number }
  | {
      readonly kind: 'done'
      readonly task: number
      readonly outcome: 'returned' | 'threw' | 'cancelled'
      readonly error: string
    }
  | { readonly kind: 'caught' | 'finally'; readonly task: number; readonly function: string; readonly line: number }
  | { readonly kind: 'print'; readonly task: number; readonly text: string; readonly stream: 'out' | 'err' }
  | { readonly kind: 'warning'; readonly task: number; readonly text: string; readonly line: number }
  | { readonly kind: 'ended'; readonly text: string; readonly line: number }
)

/** A row of one kind. */
export type RowOf<Kind extends Row['kind']> = Extract<Row, { readonly kind: Kind }>

/** What happened in one run: plain data. */
export interface Recording {
  readonly version: 1
  readonly rows: readonly Row[]
  /** How many rows before these were not kept. */
  readonly dropped?: number
}
