// The facts about a stop that the instrument shows. It reads the recordings that recordings/record.ts writes.

import recordings from '../../recordings/task-thread.json' with { type: 'json' }
import { KINDS, type Kind, type Mode, STOPS } from './programs.ts'

/** Runs in the Lab. Their frames do not depend on the stop, up to it. All times in ms. */
export interface LabRuns {
  /** Of the run with the last stop. */
  readonly frames: readonly number[]
  /** For each stop: when it was said, when the spinner learned of it, and when it was over; null: never. */
  readonly runs: readonly (readonly [asked: number, told: number | null, over: number | null])[]
}

/** A thread on Node. */
export interface ThreadRun {
  readonly frames: readonly number[]
  /** When it looked at the Event. */
  readonly looks: readonly number[]
  readonly asked: number
  readonly told: number | null
  readonly over: number | null
  readonly joined: number | null
}

export interface Recorded {
  readonly node: string
  readonly task: Readonly<Record<'sleeps' | 'computes', LabRuns>>
  readonly promise: Readonly<Record<'sleeps' | 'computes', LabRuns>>
  readonly thread: Readonly<Record<Mode, ThreadRun>>
}

/** How one spinner ends after a stop. All times in ms; Infinity: never. */
export interface Course {
  readonly frames: readonly number[]
  /** The looks of a thread at its Event, up to the first after the stop. */
  readonly looks: readonly number[]
  /** When the stop is said. */
  readonly asked: number
  readonly told: number
  readonly over: number
}

export type Courses = Readonly<Record<Kind, Course>>

const recorded = recordings as unknown as Recorded

export function coursesAt(stop: number, mode: Mode): Courses {
  const variant = mode === 'computes' ? 'computes' : 'sleeps'
  return {
    task: inLab(recorded.task[variant], stop),
    thread: onThread(recorded.thread[mode], stop, mode),
    promise: inLab(recorded.promise[variant], stop),
  }
}

function inLab({ frames, runs }: LabRuns, stop: number): Course {
  const [asked = stop, told, over] = runs[STOPS.indexOf(stop)] ?? []
  const end = told ?? Number.POSITIVE_INFINITY
  return {
    frames: frames.filter((at) => at < end),
    looks: [],
    asked,
    told: end,
    over: over ?? Number.POSITIVE_INFINITY,
  }
}

/** As recorded, until the first look after the stop. `set()` wakes a thread that waits for the Event. */
function onThread({ frames, looks, asked, told, over }: ThreadRun, stop: number, mode: Mode): Course {
  const wipes = (over ?? Number.POSITIVE_INFINITY) - (told ?? 0)
  const start = frames[0]!
  const notices =
    told === null
      ? Number.POSITIVE_INFINITY
      : mode === 'event'
        ? Math.max(stop, start) + told - asked
        : looks.find((at) => at >= stop)!
  return {
    frames: frames.filter((at) => at < notices),
    looks: [
      ...looks.filter((at) => at < Math.min(stop, notices)),
      ...(notices < Number.POSITIVE_INFINITY ? [notices] : []),
    ],
    asked: stop,
    told: notices,
    over: notices + wipes,
  }
}

/** When the thread, which has to be started, shows its first frame. */
export const STARTS = Object.fromEntries(
  KINDS.map((kind) => [kind, coursesAt(840, 'looks')[kind].frames[0]]),
) as Record<Kind, number>
