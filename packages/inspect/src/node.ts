// The part that needs Node.js, in addition to the pure functions of the index: running processes, and this one.

export { awaitTree } from './await-tree/here.ts'
export { monitor } from './node/monitor.ts'
