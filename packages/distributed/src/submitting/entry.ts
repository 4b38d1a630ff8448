import type { JobRequest } from '../protocol.ts'

/** A job that calls of this submitter wait for. */
export interface Entry {
  readonly call: number
  /** All calls that wait for it, and its id, if it has a key; else the id is made from the call, to hold less. */
  readonly keyed: { readonly id: string; calls: number[] } | undefined
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

export function callsOf({ call, keyed }: Entry): readonly number[] {
  return keyed?.calls ?? [call]
}
