/**
 * `performance.now()`, saved when this module was loaded: no fake timers of a test can stop a thread that blocks, which
 * nothing could advance.
 */
export const realTime: () => number = performance.now.bind(performance)
