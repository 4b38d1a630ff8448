import type { ExploreOptions } from '@spindle/testing'
import type { Coroutine } from 'spindle'

/** A program with a bug, and the same program with the bug fixed. */
export interface Bug {
  readonly name: string
  /** Where the bug was reported. */
  readonly source: string
  /** What must hold in the end. All other options of `explore()` are the default ones. */
  readonly options?: Pick<ExploreOptions<unknown, unknown>, 'check'>
  broken(): Coroutine<unknown>
  fixed(): Coroutine<unknown>
}
