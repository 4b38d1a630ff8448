// `node --import @spindle/inspect/record main.ts` records a program without changing it. The file is
// `spindle-<pid>.jsonl`, or the one that SPINDLE_RECORD names; a thread adds its number.

import { isMainThread, threadId } from 'node:worker_threads'
import { onNewLoop } from '@spindle/loop'
import { RecordingFile } from './node/record-to.ts'

let file: RecordingFile | undefined

onNewLoop((loop) => {
  file ??= begin()
  file.watch(loop)
})

function begin(): RecordingFile {
  const named = process.env['SPINDLE_RECORD'] || `spindle-${process.pid}.jsonl`
  // A child process inherits the variable, but must not write to the same file.
  process.env['SPINDLE_RECORD'] = ''
  const made = new RecordingFile(isMainThread ? named : named.replace(/(\.\w+)?$/, `-${threadId}$1`))
  process.once('exit', () => {
    made.close()
    if (isMainThread) console.error(`${made.rows} events are in ${made.path}`)
  })
  return made
}
