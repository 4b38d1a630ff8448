// Replaces half-faked-clock.ts in a bundle for browsers, which runs no such tests.

import type * as halfFakedClock from './half-faked-clock.ts'

export const watchHalfFaked: typeof halfFakedClock.watchHalfFaked = () => undefined
