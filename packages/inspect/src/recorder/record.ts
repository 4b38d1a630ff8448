import type { EventLoop } from 'spindle'
import { checkOptions } from 'spindle/internal'
import type { Recording } from '../recording.ts'
import { RECORDER_OPTIONS, Recorder, type RecorderOptions } from './recorder.ts'

/** A recording in progress. */
export interface ActiveRecording extends Disposable {
  /** The recording so far. Recording continues. */
  recording(): Recording
  /** Stops listening to the loop, and returns the recording. */
  stop(): Recording
}

/**
 * Records the events of a loop from now on. Tasks that already exist are included in their current state.
 *
 * Keeps the last 100,000 rows, or `maxRows`. `recording.dropped` counts the rows that were dropped.
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
