/**
 * A promise that settles in a microtask.
 *
 * @param {number} value
 * @returns {Promise<number>}
 */
export function inMicrotask(value) {
  return new Promise((resolve) => queueMicrotask(() => resolve(value)))
}
