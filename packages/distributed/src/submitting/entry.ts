import type { JobRequest } from '../calls/protocol.ts'

/** A call of this submitter that waits. */
export interface Entry {
  readonly call: number
  /** The id of the job that it shares with all calls of its key; else its job has an id of its own. */
  readonly key: string | undefined
  readonly isPlain: boolean
  /** The job to add, until it is sent: many calls may wait for a long time. */
  request: JobRequest | undefined
  state: 'adding' | 'added' | 'ended'
  isCancelled: boolean
  /** Whether the function should stop: the request is sent to whichever worker has it. */
  isStopped: boolean
  /** When Redis was last known to have it, in ticks. */
  heardAt: number
  timer: NodeJS.Timeout | undefined
}
