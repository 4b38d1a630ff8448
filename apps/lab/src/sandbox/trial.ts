import type { ExploreOptions } from '@spindle/testing'

/** The kinds of trials: each Task is cancelled at each moment, once or twice; or the loop wakes late. */
export type Trial = 'cancels' | 'twice' | 'late'

/** The options of `explore()` for each. */
export const TRIALS = {
  cancels: { cancel: 'each', late: 0, times: 'written' },
  twice: { cancel: 'twice', late: 0, times: 'written' },
  late: { cancel: 'never', late: 10 },
} as const satisfies Readonly<Record<Trial, ExploreOptions<undefined, unknown>>>
