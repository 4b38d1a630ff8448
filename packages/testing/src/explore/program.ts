// The public types of an explored program and of its failure.

import type { Awaitable, Task } from 'spindle'
import { isError, repr } from 'spindle/internal'
import type { FailureFiles } from '../failure-files.ts'

/** A program that can be explored: a coroutine function, an async function, or a function that returns an awaitable. */
export type Program<S, T> = (given: S) => Awaitable<T> | PromiseLike<T>

/** Which Tasks are cancelled, and how often. */
export type Cancel = 'each' | 'twice' | 'main' | 'main twice' | 'never'

/** Which signals explore aborts: the one of the program, also those of its own controllers, or none. */
export type Abort = 'each' | 'own' | 'none'

/** The part of a run that a check can see. */
export interface ExploredRun<out S, out T> {
  /** The value that `setup` returned. */
  readonly given: S
  /** The main Task. It is done. */
  readonly task: Task<T>
  /** The names of the Tasks that the schedule has cancelled: `main`, `main/worker`, `main/2`. */
  readonly cancelled: readonly string[]
  /** The names of the Tasks that were not done when the program ended. They have run on, until the check. */
  readonly left: readonly string[]
}

/** How a run fails. */
export type FailureKind =
  | 'error'
  | 'check'
  | 'report'
  | 'deadlock'
  | 'lost wake-up'
  | 'cancel race'
  | 'abandoned'
  | 'endless'

export interface Failure {
  readonly kind: FailureKind
  readonly error: unknown
  /** The error of the program itself, if the check has failed as well. */
  readonly own?: unknown
}

/** The program took more steps than allowed. */
export class TooManySteps extends Error {
  override name = 'TooManySteps'
}

/** The time limit of the test has come during a run; the message is the name of the step. */
export class OutOfTime extends TooManySteps {
  override name = 'OutOfTime'
}

/** A schedule under which the program fails. */
export class ExplorationError extends Error {
  override name = 'ExplorationError'
  /** The schedule, for the option `replay`; '' is the ordinary run. */
  readonly replay: string
  /** The number of runs to find it, and to shrink it. */
  readonly runs: { readonly found: number; readonly shrunk: number }
  readonly kind: Failure['kind'] | 'nondeterminism'
  /** The files with its recording and picture, if `@spindle/inspect` is installed. */
  readonly files: FailureFiles | undefined

  /** @internal */
  constructor(
    message: string,
    found: Pick<ExplorationError, 'replay' | 'runs' | 'kind'>,
    cause: unknown,
    files?: FailureFiles,
  ) {
    super(message, { cause })
    this.replay = found.replay
    this.runs = found.runs
    this.kind = found.kind
    this.files = files
  }
}

/** An error as text: `RangeError: too many`. */
export function textOf(error: unknown): string {
  return isError(error) ? `${error.name}: ${error.message}` : repr(error)
}
