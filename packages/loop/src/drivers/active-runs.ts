import type { HostRun } from '../face/loop-parts.ts'

/** The runs of this thread, oldest first. */
export const activeRuns: Set<HostRun> = new Set()

/** `check` ends the runs that nothing can wake any more. virtual-time.ts sets it while a run is stuck. */
export const stuckRuns: { check: (() => void) | undefined } = { check: undefined }
