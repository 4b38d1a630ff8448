// `node --import @spindle/inspect/record main.ts` records a program without changing it. The file is
// `spindle-<pid>.jsonl` or the value of SPINDLE_RECORD; a thread adds its number. With SPINDLE_RECORD_TURNS=1 it also
// contains the end of each iteration of the loop.

import { isMainThread, threadId } from 'node:worker_threads'
import { onNewLoop } from 'spindle/tools'
import { RecordingFile } from './node/recording-file.ts'
import { printable } from './printable.ts'

let file: RecordingFile | undefined

onNewLoop((loop) => {
  file ??= begin()
  file.watch(loop)
})

function begin(): RecordingFile {
  const named = process.env['SPINDLE_RECORD'] || `spindle-${process.pid}.jsonl`
  const turns = !['', '0', undefined].includes(process.env['SPINDLE_RECORD_TURNS'])
  // A child process inherits the variable, but must not write to the same file.
  process.env['SPINDLE_RECORD'] = ''
  const made = new RecordingFile(isMainThread ? named : named.replace(/(\.\w+)?$/, `-${threadId}$1`), turns)
  process.once('exit', () => {
    made.close()
    if (isMainThread) console.error(`${made.rows} events are in ${printable(made.path)}`)
  })
  return made
}
