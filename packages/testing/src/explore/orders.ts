// The algorithms that pick an order. None is best at everything, so a search takes them in turn.

import type { Entry, Order } from './explored-queue.ts'
import type { Lane } from './lanes.ts'

export type Algorithm = 'random walk' | 'few deviations' | 'PCT'

export const ALGORITHMS: readonly Algorithm[] = ['random walk', 'few deviations', 'PCT']

const DEVIATIONS = 2
const PCT_DEPTH = 3

/** @param steps the number of steps of the ordinary run */
export function orderBy(algorithm: Algorithm, random: () => number, steps: number): Order {
  if (algorithm === 'random walk') return { pick: ({ length }) => Math.floor(random() * length) }
  return algorithm === 'few deviations' ? fewDeviations(random, steps) : pct(random, steps)
}

/** First in, first out, except at a few steps. */
function fewDeviations(random: () => number, steps: number): Order {
  const places = new Set(Array.from({ length: DEVIATIONS }, () => Math.floor(random() * steps)))
  let step = 0
  return { pick: ({ length }) => (places.has(step++) ? Math.floor(random() * length) : 0) }
}

/**
 * The Task with the highest priority runs as long as it can; at a few steps, the running Task gets the lowest priority.
 */
function pct(random: () => number, steps: number): Order {
  const priorities = new Map<Lane, number>()
  const changes = new Set(Array.from({ length: PCT_DEPTH - 1 }, () => Math.floor(random() * steps)))
  let step = 0
  let lowest = 0
  const priorityOf = (lane: Lane): number => {
    const known = priorities.get(lane)
    if (known !== undefined) return known
    const priority = 1 + random()
    priorities.set(lane, priority)
    return priority
  }
  return {
    pick(candidates, { lanes }) {
      const laneOf = ({ ready }: Entry): Lane => lanes.of(ready)
      let best = 0
      for (let n = 1; n < candidates.length; n++) {
        const isHigher = priorityOf(laneOf(candidates[n] as Entry)) > priorityOf(laneOf(candidates[best] as Entry))
        if (isHigher) best = n
      }
      if (changes.has(step++)) priorities.set(laneOf(candidates[best] as Entry), --lowest)
      return best
    },
  }
}
