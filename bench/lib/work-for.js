/**
 * Keeps the thread busy for `duration` ms.
 *
 * @param {number} duration
 */
export function workFor(duration) {
  if (duration === 0) return
  const end = performance.now() + duration
  while (performance.now() < end);
}
