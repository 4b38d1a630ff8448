/**
 * Removes items as long as the rest still fails: first halves, then smaller pieces, finally one by one. The algorithm
 * is known as delta debugging (ddmin).
 * It yields after each run.
 * @param fails whether a run with these items fails in the same way
 * @param limit the maximum number of calls of `fails`
 */
export function* shrink<Item>(
  items: readonly Item[],
  fails: (items: readonly Item[]) => boolean,
  limit = 200,
): Generator<void, readonly Item[]> {
  let asked = 0
  let pieces = 2
  while (items.length > 0) {
    const size = Math.max(1, Math.ceil(items.length / pieces))
    let shorter: readonly Item[] | undefined
    for (let from = 0; from < items.length && shorter === undefined; from += size) {
      if (asked++ === limit) return items
      const rest = [...items.slice(0, from), ...items.slice(from + size)]
      if (fails(rest)) shorter = rest
      yield
    }
    if (shorter !== undefined) {
      items = shorter
      pieces = Math.max(2, pieces - 1)
    } else if (size === 1) {
      return items
    } else {
      pieces = Math.min(items.length, pieces * 2)
    }
  }
  return items
}
