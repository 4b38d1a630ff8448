export { type CancelledRun, cancelEverywhere } from './cancel-everywhere.ts'
export { inVirtualTime } from './in-virtual-time.ts'
