import { type Awaitable, newEventLoop, run } from 'spindle'
import { VirtualClock } from 'spindle/more'
import { Recorder } from '../recorder/recorder.ts'
import { type Recording, rowsOf } from '../recording.ts'
import { type Difference, diff } from './diff.ts'
import { watchChance } from './watch-chance.ts'

/** How a second run of a program differs from the first. */
export interface RerunDifference extends Difference {
  /** The likely cause, and what to do. */
  readonly cause: string
}

/** A second run. */
export interface Rerun {
  readonly recording: Recording
  /** The first difference; undefined if both runs are the same, event for event. */
  readonly difference: RerunDifference | undefined
}

/**
 * Runs a program again, in virtual time, and compares it with a recording of it that was made in virtual time.
 *
 * While it runs, calls of `Math.random()`, `Date.now()`, `new Date()` and `performance.now()` are recorded: if the runs
 * differ, the result names the last such call before the difference, with its place.
 */
export async function rerun(program: () => Awaitable<unknown>, recording: Recording): Promise<Rerun> {
  rowsOf(recording)
  const loop = newEventLoop({ clock: new VirtualClock() })
  loop.setExceptionHandler(() => {}) // an error is part of the run, and is in the recording
  const recorder = new Recorder()
  recorder.watch(loop)
  const chance = watchChance(() => recorder.length)
  try {
    await run(program, { loopFactory: () => loop })
  } catch {
    // as before
  } finally {
    chance.stop()
    recorder.stop()
  }
  const again = recorder.recording()
  const { first } = diff(recording, again)
  if (first === undefined) return { recording: again, difference: undefined }
  const call = chance.calls.findLast(({ row }) => row <= first.rows[1])
  const cause =
    call === undefined
      ? withoutCall(recording, again, first)
      : `${call.what} ${call.where === '' ? '' : `at ${call.where} `}is different in each run: hand the program a value of your own`
  return { recording: again, difference: { ...first, cause } }
}

function withoutCall(recording: Recording, again: Recording, { rows: [a, b] }: Difference): string {
  const [one, other] = [recording.rows[a], again.rows[b]]
  if (one === undefined && other === undefined) return 'both runs are over'
  if (recording.dropped) return 'the recording does not begin with the run: record with a higher `maxRows`'
  if (one?.kind === other?.kind && one !== undefined && other !== undefined && one.time !== other.time)
    return 'the time differs: the recording was made in real time, or something outside of the loop took part'
  return 'the program has changed, keeps something from one run to the next, or waits for something outside of the loop'
}
