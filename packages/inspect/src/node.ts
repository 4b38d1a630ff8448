// The part that needs Node.js, in addition to the pure functions of the index: files, and running processes.

export { monitor } from './node/monitor.ts'
export { RecordingFile, type RecordToOptions, recordTo } from './node/record-to.ts'
