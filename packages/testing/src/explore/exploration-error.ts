import type { FailureFiles } from '../failure-files.ts'
import type { Failure } from './program.ts'

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
