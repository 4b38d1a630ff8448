// Replaces clock.ts in a bundle for browsers, which have only one clock.

import type * as node from './clock.ts'

declare const performance: { now(): number }

export const monotonicClock: typeof node.monotonicClock = { time: () => performance.now() }

const loadedNow = /* @__PURE__ */ (() => performance.now.bind(performance))()

export const hostClock: typeof node.hostClock = { time: () => loadedNow() }
