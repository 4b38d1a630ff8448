// The kinds of attempts of a search. A kind is a generator of attempts, which receives the outcome of each attempt. The
// search takes one attempt of each kind in turn, so that no kind waits for the others to end.

import { AllOrders } from './all-orders.ts'
import type { CancelPoints } from './cancel-points.ts'
import { cancelPointsOf } from './cancel-points.ts'
import type { Outcome } from './explored-run.ts'
import { stepName } from './lanes.ts'
import { ALGORITHMS, type Algorithm, orderBy } from './orders.ts'
import type { Cancel } from './program.ts'
import { type ScheduleItem, toMicroseconds } from './schedule.ts'
import type { Order } from './scheduled-queue.ts'
import type { CancelAt } from './watched-queue.ts'

/** The options of one run. */
export interface Attempt {
  readonly items?: readonly ScheduleItem[]
  readonly cancels?: readonly CancelAt[]
  readonly order?: Order | undefined
  readonly random?: (() => number) | undefined
  /** Whether to find out where promises are awaited, which is slow. */
  readonly notesAwaits?: boolean
}

type Attempts = Generator<Attempt, void, Outcome>

/** Attempts of one kind. */
export interface Phase {
  readonly name: string
  readonly attempts: Attempts
  tried: number
  /** The number of attempts there are; `isExact` is false if that is an estimate. */
  total: number
  isExact: boolean
}

/** The material of the phases. */
export interface Search {
  readonly ordinary: Outcome
  readonly cancel: Cancel
  readonly late: number
  readonly order: 'fifo' | 'any'
  /** The paths of the Tasks that share nothing with others. */
  readonly apart: readonly string[]
  /** Whether timers may take longer than they say. */
  readonly variesTimes: boolean
  readonly algorithms: readonly Algorithm[] | undefined
  /** Random numbers for attempt `index`. */
  random(index: number): () => number
}

const MAX_ORDERS = 1_000
// More of them are tried in a random order.
const MAX_IN_ORDER = 200
const MAX_LISTED = 100_000

/** All phases, in the order of their turns in the search. */
export function phasesOf(search: Search): Phase[] {
  const { cancel, late, order, apart, variesTimes, algorithms, ordinary } = search
  if (algorithms !== undefined) return [byChance(search, Number.POSITIVE_INFINITY)]
  const phases: Phase[] = []
  const tasks = cancelled(cancel)
  if (cancel !== 'never') phases.push(cancelling('cancel', ordinary, tasks, {}, search.random(-1)))
  const lates = late > 0 ? lateItems(ordinary, late) : []
  const busy = late > 0 ? busyItems(ordinary, late) : []
  const times = variesTimes ? timeItems(ordinary) : []
  if (times.length > 0) phases.push(listed('times', times, search.random(-2)))
  if (lates.length > 0) phases.push(listed('late', lates, search.random(-3)))
  if (busy.length > 0) phases.push(listed('busy', busy, search.random(-4)))
  if (cancel !== 'never' && lates.length > 0) phases.push(cancelWhenLate(lates, tasks, search))
  if (cancel.endsWith('twice')) phases.push(cancelTwice(search, tasks))
  const orders = order === 'any' ? allOrders(apart) : undefined
  const { asked } = ordinary.plan.entropy
  const hasChance = orders !== undefined || asked
  const kinds = lates.length + times.length + busy.length
  // If only the order varies, all orders are all there is: chance adds nothing.
  const isAll = (): boolean => orders?.isExact === true && cancel === 'never' && kinds === 0 && !asked
  if (orders !== undefined) phases.push(orders)
  if (hasChance || kinds > 0) {
    phases.push(byChance(search, hasChance ? Number.POSITIVE_INFINITY : combinations(search), isAll))
  }
  return phases
}

function cancelled(cancel: Cancel): 'each' | 'main' {
  return cancel.startsWith('main') ? 'main' : 'each'
}

function phase(name: string, total: number, attempts: (self: Phase) => Attempts, isExact = true): Phase {
  const self: Phase = { name, total, isExact, tried: 0, attempts: undefined as never }
  return Object.assign(self, { attempts: attempts(self) })
}

function cancelling(name: string, base: Outcome, tasks: 'each' | 'main', rest: Attempt, random: () => number): Phase {
  const points = cancelPointsOf(base.plan.queue, tasks)
  const { length, lengthOfFirst } = points
  return phase(name, length, function* () {
    for (const n of mixedIndexes(0, lengthOfFirst, random)) yield { ...rest, cancels: [points.at(n)] }
    for (const n of mixedIndexes(lengthOfFirst, length, random)) yield { ...rest, cancels: [points.at(n)] }
  })
}

function listed(name: string, items: readonly ScheduleItem[], random: () => number): Phase {
  return phase(name, items.length, function* () {
    for (const n of mixedIndexes(0, items.length, random)) yield { items: [items[n] as ScheduleItem] }
  })
}

/**
 * Every way for the loop to be late once in the ordinary run: so late that a later timer runs in the same iteration, or
 * as late as allowed.
 */
function lateItems(base: Outcome, late: number): ScheduleItem[] {
  const times = base.plan.clock.jumps.map(({ at }) => at).slice(0, MAX_IN_ORDER)
  return times.flatMap((at, n) => {
    const gaps = times.slice(n + 1).map((other) => other - at)
    const delays = new Set([...gaps.filter((gap) => gap > 0 && gap <= late), late])
    return [...delays].map((by): ScheduleItem => ({ kind: 'late', by, at }))
  })
}

/** The steps that can last until a timer is due. */
function busyItems({ plan: { queue, entropy } }: Outcome, late: number): ScheduleItem[] {
  const items: ScheduleItem[] = []
  const counts = new Map<string, number>()
  for (const [n, { path }] of queue.trace.entries()) {
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    if (items.length >= MAX_LISTED) break
    const now = queue.times[n] as number
    const due = new Set<number>()
    for (const { at, deadline } of entropy.timers) {
      if (at <= now && deadline > now && deadline <= now + late) due.add(deadline - now)
    }
    for (const ms of due) items.push({ kind: 'busy', step: stepName(path, count), ms })
  }
  return items
}

/** A timer takes so long that another one comes first, the nearest ones first; and then, at the same time. */
function timeItems({ plan: { entropy } }: Outcome): ScheduleItem[] {
  const timers = entropy.timers.slice(0, MAX_IN_ORDER)
  const deadlines = [...new Set(timers.map(({ deadline }) => deadline))].sort((a, b) => a - b)
  const isShared = (one: number): boolean => timers.filter(({ deadline }) => deadline === one).length > 1
  return [1, 0].flatMap((more) => {
    const ranked = timers.flatMap(({ step, at, deadline }) =>
      deadlines
        .filter((other) => other > deadline || (other === deadline && more > 0 && isShared(other)))
        .map((other, rank) => ({
          rank,
          item: { kind: 'duration', step, ms: toMicroseconds(other + more - at) } as const,
        })),
    )
    return ranked.sort((a, b) => a.rank - b.rank).map(({ item }) => item)
  })
}

function cancelWhenLate(lates: readonly ScheduleItem[], tasks: 'each' | 'main', search: Search): Phase {
  return phase('cancel when late', 0, function* (self) {
    for (const item of lates) {
      const base = yield { items: [item] }
      self.tried--
      const inner = cancelling('', base, tasks, { items: [item] }, search.random(-5))
      self.total += inner.total
      yield* inner.attempts
    }
  })
}

/** The second cancellation comes after the first, and before the end. */
function cancelTwice(search: Search, tasks: 'each' | 'main'): Phase {
  const firsts = cancelPointsOf(search.ordinary.plan.queue, tasks)
  const inner = function* (self: Phase, index: number): Attempts {
    const first = firsts.at(index)
    const base = yield { cancels: [first] }
    self.tried--
    const seconds = cancelPointsOf(base.plan.queue, tasks, first.point + 1)
    self.total += seconds.length
    for (const n of mixedIndexes(0, seconds.length, search.random(index))) yield { cancels: [first, seconds.at(n)] }
  }
  return phase('cancel twice', 0, function* (self) {
    // One of each first cancellation in turn.
    const all = Array.from({ length: Math.min(firsts.length, MAX_IN_ORDER * 10) }, (_, n) => inner(self, n))
    yield* inTurn(all)
  })
}

function* inTurn(all: Attempts[]): Attempts {
  let answers = all.map((): Outcome | undefined => undefined)
  while (all.length > 0) {
    const next: Attempts[] = []
    const nextAnswers: (Outcome | undefined)[] = []
    for (const [n, one] of all.entries()) {
      const step = one.next(answers[n] as Outcome)
      if (step.done === true) continue
      nextAnswers.push(yield step.value)
      next.push(one)
    }
    all = next
    answers = nextAnswers
  }
}

function allOrders(apart: readonly string[]): Phase {
  const orders = new AllOrders(apart)
  const attempts = function* (self: Phase): Attempts {
    for (let isMore = true; isMore; ) {
      const outcome = yield { order: orders.begin() }
      isMore = orders.advance(outcome.plan.queue)
      self.isExact = !isMore
      self.total = apart.length > 0 ? self.tried : Math.max(self.tried, orders.estimate)
      if (self.tried === 1 && apart.length === 0 && orders.estimate > MAX_ORDERS) return
    }
  }
  return phase('order', 0, attempts, false)
}

function combinations({ ordinary: { plan }, late, variesTimes }: Search): number {
  const lates = late > 0 ? 2 ** plan.clock.jumps.length : 1
  const times = variesTimes ? plan.entropy.timers.length ** plan.entropy.timers.length : 1
  return lates * times
}

/** Everything at once, by chance. */
function byChance(search: Search, total: number, isAll = (): boolean => false): Phase {
  const { ordinary, cancel, order, algorithms = ALGORITHMS } = search
  const points: CancelPoints | undefined =
    cancel === 'never' ? undefined : cancelPointsOf(ordinary.plan.queue, cancelled(cancel))
  const steps = ordinary.plan.queue.executed
  const attempts = function* (): Attempts {
    for (let index = 0; !isAll(); index++) {
      const random = search.random(index)
      const algorithm = algorithms[index % algorithms.length] ?? 'random walk'
      const isCancelled = points !== undefined && points.length > 0 && random() < 0.5
      yield {
        cancels: isCancelled ? [points.at(Math.floor(random() * points.length))] : [],
        order: order === 'any' ? orderBy(algorithm, random, steps) : undefined,
        random,
      }
    }
  }
  return phase('by chance', total, attempts, false)
}

/** The numbers from `start` to `end`, in order if they are few, otherwise shuffled. */
function* mixedIndexes(start: number, end: number, random: () => number): Generator<number, void> {
  const isShuffled = end - start > MAX_IN_ORDER
  // A lazy shuffle: moved.get(n) is the item at place n.
  const moved = new Map<number, number>()
  for (let n = start; n < end; n++) {
    const other = isShuffled ? n + Math.floor(random() * (end - n)) : n
    yield moved.get(other) ?? other
    moved.set(other, moved.get(n) ?? n)
    moved.delete(n)
  }
}

/** How much of each kind was tried: `cancel: 22 of 22, by chance: 50 of about 1e9`. */
export function coverageOf(phases: readonly Phase[]): string {
  const told = phases.filter(({ name, total, tried }) => total > 0 && (name !== 'by chance' || tried > 0))
  return told.map((one) => `${one.name}: ${one.tried}${ofTotal(one)}`).join(', ')
}

function ofTotal({ total, tried, isExact }: Phase): string {
  if (isExact) return ` of ${Math.max(total, tried)}`
  return total === Number.POSITIVE_INFINITY ? '' : ` of about ${Math.max(total, tried).toPrecision(1)}`
}
