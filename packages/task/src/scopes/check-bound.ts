/**
 * Checks that the length of a function says whether it takes a signal. That of a bound function does not: its
 * parameters are those of the original function, which may expect a callback.
 * @param before how many parameters come before the signal
 * @throws TypeError for a bound function that takes as many parameters
 */
export function checkBound(caller: string, work: { readonly name: string; readonly length: number }, before = 0): void {
  if (work.length <= before || !work.name.startsWith('bound ')) return
  throw new TypeError(
    `${caller}() cannot know whether ${work.name} expects a signal. Write a function that passes it on, or not`,
  )
}
