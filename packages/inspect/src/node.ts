// The part that needs Node.js, in addition to the pure functions of the index: running processes.

export { monitor } from './node/monitor.ts'
