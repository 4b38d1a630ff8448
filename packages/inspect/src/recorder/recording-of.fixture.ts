import { type Coroutine, newEventLoop, runSync } from 'spindle'
import { VirtualClock } from 'spindle/more'
import type { Recording } from '../recording.ts'
import { Recorder, type RecorderOptions } from './recorder.ts'

/**
 * Records a program in virtual time. The program may add rows to the recording.
 * @param fails whether the program is expected to fail; its error is then only in the recording
 */
export function recordingOf(
  program: (recorder: Recorder) => Coroutine<unknown>,
  { fails = false, ...options }: RecorderOptions & { readonly fails?: boolean } = {},
): Recording {
  const loop = newEventLoop({ clock: new VirtualClock() })
  loop.setExceptionHandler(() => {})
  const recorder = new Recorder(options)
  recorder.watch(loop)
  try {
    runSync(program(recorder), { loopFactory: () => loop })
  } catch (error) {
    if (!fails) throw error
  }
  recorder.stop()
  return recorder.recording()
}
