// `run(main(), { record: 'run.jsonl' })`: the recorder is a separate package, which is loaded on request.

import { type EventLoop, RuntimeError } from '@spindle/loop'
import { checkOptions, hostProcess, repr } from '@spindle/loop/internal'
import type { RunOptions } from './run-in-loop.ts'

const RECORDER = '@spindle/inspect/node'

/** Records a loop to a file until the loop is closed. @throws RuntimeError if there is no recorder */
export async function recordRun(loop: EventLoop, record: NonNullable<RunOptions['record']>): Promise<void> {
  const { path, ...options } = typeof record === 'object' && record !== null ? record : { path: record }
  if (typeof path !== 'string' || path === '')
    throw new TypeError(`record must be the path of a file, or { path, turns }, got ${repr(record)}`)
  checkOptions('record', options, ['turns'])
  let recorder: { recordTo(loop: EventLoop, path: string, options: object): unknown }
  try {
    recorder = await import(/* @vite-ignore */ whereRecorderIs())
  } catch (cause) {
    throw new RuntimeError('run() cannot record: `npm install --save-dev @spindle/inspect` first', { cause })
  }
  recorder.recordTo(loop, path, options)
}

/** The program depends on it, Spindle does not. */
function whereRecorderIs(): string {
  const process = hostProcess()
  if (process?.getBuiltinModule === undefined) return RECORDER
  const { createRequire } = process.getBuiltinModule('node:module')
  const { pathToFileURL } = process.getBuiltinModule('node:url')
  // Without a file, as with `--eval`, the program itself imports from the working directory.
  const program = pathToFileURL(process.argv[1] ?? `${process.cwd()}/-`).href
  try {
    return pathToFileURL(createRequire(program).resolve(RECORDER)).href
  } catch {} // not from there
  return RECORDER
}
