export { inVirtualTime } from './in-virtual-time.ts'
