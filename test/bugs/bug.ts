import type { ExploreOptions } from '@spindle/testing'
import type { Coroutine } from 'spindle'

/** A program with a bug, and the same program with the bug fixed. */
export interface Bug {
  readonly name: string
  /** Where the bug was reported. */
  readonly source: string
  /** Options for `explore()` that differ from its defaults. */
  readonly options?: ExploreOptions<unknown, unknown>
  broken(): Coroutine<unknown>
  fixed(): Coroutine<unknown>
}
