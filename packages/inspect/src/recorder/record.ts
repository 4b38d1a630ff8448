import type { EventLoop } from '@spindle/loop'
import { checkOptions } from '@spindle/loop/internal'
import type { Recording } from '../recording.ts'
import { RECORDER_OPTIONS, Recorder, type RecorderOptions } from './recorder.ts'

/** A recording that is being made. */
export interface ActiveRecording extends Disposable {
  /** What was recorded so far. Recording goes on. */
  recording(): Recording
  /** Stops listening to the loop, and returns what was recorded. */
  stop(): Recording
}

/**
 * Records what happens on a loop from now on. Tasks that exist already are in it as they stand now.
 *
 * Keeps the last 100,000 rows, or `limit`. What was dropped before them is counted in `recording.dropped`.
 */
export function record(loop: EventLoop, options: RecorderOptions = {}): ActiveRecording {
  checkOptions('record()', options, RECORDER_OPTIONS)
  const recorder = new Recorder(options)
  recorder.watch(loop)
  const stop = (): Recording => {
    recorder.stop()
    return recorder.recording()
  }
  return { recording: () => recorder.recording(), stop, [Symbol.dispose]: () => recorder.stop() }
}
