/**
 * A promise that settles in `delay` ms, for libraries that wait for promises.
 * @param {number} delay
 */
export function after(delay) {
  return new Promise((resolve) => {
    setTimeout(resolve, delay)
  })
}
