// The requests of the page, and the answers of the sandbox: plain data that can be posted.

import type { Recording } from '@spindle/inspect'
import type { Lines } from '../lessons/lesson.ts'
import type { AwaitPoint } from '../transform/index.ts'
import type { Failure } from './failure.ts'
import type { Trial } from './trial.ts'

/** Cancels the Task that waits at an await point, when it first does. */
export interface CancelAt {
  readonly function: string
  readonly nth: number
  /** 2: once more when it waits the next time, in its clean-up. */
  readonly times: 1 | 2
}

export interface RunRequest {
  readonly source: string
  readonly schedule: readonly CancelAt[]
  readonly seed: number
  /**
   * Code that judges the program, in the same scope, after it has run. With a judge, the recording is that of the
   * judge's last run.
   */
  readonly judge?: string | undefined
  /** Runs the program under many schedules instead. The recording is that of the schedule that fails, if one does. */
  readonly explore?: Trial | undefined
  /** The learner's lines of an exercise, from 1; all others are given. @default all are the learner's */
  readonly own?: Lines | undefined
}

export interface Verdict {
  readonly passed: boolean
  readonly message: string
}

export interface RunResult {
  readonly recording: Recording
  readonly awaits: readonly AwaitPoint[]
  /** Entries of the schedule at whose point no Task waited. */
  readonly missed?: readonly CancelAt[]
  readonly failure?: Failure | undefined
  readonly verdict?: Verdict | undefined
}
