// What needs Node.js, besides the pure functions of the index: files, and processes that run.

export { monitor } from './node/monitor.ts'
export { RecordingFile, recordTo } from './node/record-to.ts'
