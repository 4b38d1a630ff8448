import type { ExploreOptions } from '@spindle/testing'
import type { Coroutine } from 'spindle'

/** A program with a bug, and the same program without it. */
export interface Bug {
  readonly name: string
  /** Where it is on record. */
  readonly source: string
  /** What `explore()` needs besides its default options. */
  readonly options?: ExploreOptions<unknown, unknown>
  broken(): Coroutine<unknown>
  fixed(): Coroutine<unknown>
}
