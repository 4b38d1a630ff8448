// The contents of a job, and the messages between a program and its client thread.

/** The version of the job format; a worker leaves any other to others. */
export const PROTOCOL_VERSION = 4

/** How many ms replies and results are kept, unless the submitter says otherwise. */
export const RESULT_TTL = 3_600_000

/** The data of a job. Its times are those of Redis. */
export interface JobData {
  readonly version: number
  /** What `codeOf` returns for the function in the program. */
  readonly code?: string | undefined
  /** The args as text; with `isMany`, a list with the args of several calls. */
  readonly args: string
  readonly isMany?: boolean | undefined
  readonly payloadLimit: number
  /** How many ms it may run. */
  readonly timeout?: number | undefined
  /** The time after which it must not start. */
  readonly expiresAt?: number | undefined
  /** Its deadline, which is that of the call that made it. */
  readonly deadline?: number | undefined
  /** Whether the submitter listens for progress. */
  readonly hasProgress?: boolean | undefined
  /** The ids of the calls that wait for it, from the outermost: it is cancelled with each of them. */
  readonly parents?: readonly string[] | undefined
  /** The submitter that waits for replies; a call with a key is replied to all who have joined it. */
  readonly replyTo?: string | undefined
  /** How many ms replies, and the result of a key, are kept. */
  readonly resultTtl?: number | undefined
  /** Of the call, if there is a secret: see `Envelope`. */
  readonly signature?: string | undefined
}

/** A call on its way to the client thread: flat and small, because there may be many. */
export interface JobRequest {
  /** The number of the call, unique to its submitter. */
  readonly call: number
  readonly name: string
  /** As in JobData. */
  readonly code: string | undefined
  readonly args: string
  /** Undefined if it has none. */
  readonly options: JobOptions | undefined
}

/** Its times are those of this machine. */
export interface JobOptions
  extends Pick<JobData, 'isMany' | 'timeout' | 'expiresAt' | 'deadline' | 'hasProgress' | 'parents'> {
  readonly key?: string | undefined
  readonly attempts?: number | undefined
  readonly backoff?: number | undefined
  readonly priority?: number | undefined
  readonly delay?: number | undefined
  /** By which the span of the run becomes the child of the span that submitted it. */
  readonly trace?: string | undefined
}

export type ToSubmittingClient =
  | ({ readonly kind: 'submit' } & JobRequest)
  /** `withdrawn`: only if it has not begun. */
  | { readonly kind: 'cancel'; readonly call: number; readonly why: 'cancelled' | 'withdrawn' }
  /** Is answered. `cancel`: cancels the call with this key for all who wait for it. */
  | { readonly kind: 'ask'; readonly number: number; readonly what: 'ready' | 'status' | { readonly cancel: string } }
  | { readonly kind: 'close' }

/** How a call ended. */
export type Outcome =
  | { readonly how: 'result'; readonly value: string }
  | { readonly how: 'error'; readonly message: string; readonly record: string | undefined }
  | { readonly how: 'cancelled' }
  | { readonly how: 'expired' }
  | { readonly how: 'lost' | 'refused' | 'worker-lost' | 'unreachable'; readonly message: string }

export type FromSubmittingClient =
  | { readonly kind: 'progress'; readonly call: number; readonly value: string }
  | { readonly kind: 'ended'; readonly call: number; readonly outcome: Outcome }
  | { readonly kind: 'answer'; readonly number: number; readonly value: unknown; readonly error?: string }
  | { readonly kind: 'warning'; readonly message: string }
  /** The client can't continue. */
  | { readonly kind: 'broken'; readonly message: string; readonly isConnection: boolean }
  /** The client's last message. */
  | { readonly kind: 'closed' }

/** A worker process, as Redis sees it. */
export interface WorkerInfo {
  /** The value of `--name`, by default the host name and process id. */
  readonly name: string
  readonly address: string
  /** How long ago it connected, in ms. */
  readonly age: number
}

/** The number of calls in a queue, by state. */
export interface QueueStatus {
  readonly waiting: number
  readonly active: number
  readonly delayed: number
  readonly failed: number
  readonly workers: WorkerInfo[]
}

/** A call on a worker. */
export interface Call {
  /** Unique among the calls that run at the same time; not 0. */
  readonly run: number
  readonly id: string
  readonly name: string
  readonly attempt: number
  /** How often it was begun, also without an end. */
  readonly begun: number
  readonly data: JobData
  readonly trace: string | undefined
  readonly sendProgress: (text: string) => void
}

/** How a call ended on a worker. */
export type RunOutcome =
  | { readonly how: 'result'; readonly value: string }
  | { readonly how: 'error'; readonly message: string; readonly record: string }
  | { readonly how: 'cancelled' }
  /** Another worker takes it; `later`: this one may be the only one, and can't run it now. */
  | { readonly how: 'give-back'; readonly later: boolean }
