import type { HostDriver } from './host.ts'

/** The runs of this thread, oldest first. */
export const activeRuns: Set<HostDriver> = new Set()

/** `check` ends runs that only another loop could wake, once none can: virtual-time.ts sets it while there are such. */
export const stuckRuns: { check: (() => void) | undefined } = { check: undefined }
