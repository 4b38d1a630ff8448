import type { Outcome } from '../calls/protocol.ts'

/** The fields of a job that tell its outcome. */
export const OUTCOME_FIELDS = ['name', 'failedReason', 'finishedOn'] as const

const STALLED = 'job stalled more than allowable limit'

/** The outcome of a call that has not replied, from these fields. Undefined while it waits or runs. */
export function jobOutcome(fields: readonly (string | null)[]): Outcome | undefined {
  const [name, reason, finishedOn] = fields
  if (name == null) return { how: 'lost', message: 'Redis does not know it any more' }
  if (finishedOn == null || reason == null) return undefined
  // Its worker was lost between the end and the reply.
  if (reason.startsWith(STALLED)) return { how: 'worker-lost', message: reason }
  return { how: 'error', message: reason, record: undefined }
}
