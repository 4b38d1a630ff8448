// The algorithms that pick an order. None is best at everything, so a search takes them in turn.

import type { Lane } from './lanes.ts'
import type { Entry, Order } from './scheduled-queue.ts'

export type Algorithm = 'random walk' | 'random priorities' | 'few deviations' | 'PCT'

export const ALGORITHMS: readonly Algorithm[] = ['random walk', 'random priorities', 'few deviations', 'PCT']

const DEVIATIONS = 2
const PCT_DEPTH = 3

/** @param steps the number of steps of the ordinary run */
export function orderBy(algorithm: Algorithm, random: () => number, steps: number): Order {
  if (algorithm === 'random walk') return { pick: ({ length }) => Math.floor(random() * length) }
  if (algorithm === 'random priorities') return { priorityOf: random, pick: highest }
  return algorithm === 'few deviations' ? fewDeviations(random, steps) : pct(random, steps)
}

function highest(candidates: readonly Entry[]): number {
  let best = 0
  for (let n = 1; n < candidates.length; n++) {
    if ((candidates[n] as Entry).priority > (candidates[best] as Entry).priority) best = n
  }
  return best
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
    pick(candidates, laneOf) {
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

/** Enumerates all possible orders. */
export interface AllOrders {
  /** The estimated number of orders, from the choices of the previous run. */
  readonly estimate: number
  /** Whether all orders have been tried. */
  readonly isDone: boolean
  /** The next order, after a run has used the previous one. */
  next(): Order | undefined
}

/** Depth first: the last choice of the previous run that has an alternative left takes it. */
export function enumerateOrders(): AllOrders {
  let taken: { picked: number; of: number }[] = []
  let started = false
  let isDone = false
  const advance = (): boolean => {
    while (taken.length > 0) {
      const last = taken.at(-1) as { picked: number; of: number }
      if (++last.picked < last.of) return true
      taken.pop()
    }
    return false
  }
  return {
    get estimate() {
      return taken.reduce((product, { of }) => product * of, 1)
    },
    get isDone() {
      return isDone
    },
    next() {
      if (started && !advance()) {
        isDone = true
        return undefined
      }
      started = true
      let choice = 0
      return {
        pick({ length }) {
          if (length === 1) return 0
          const known = taken[choice++]
          if (known !== undefined) return Math.min(known.picked, length - 1)
          taken = [...taken, { picked: 0, of: length }]
          return 0
        },
      }
    },
  }
}
