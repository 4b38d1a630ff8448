// The kinds of attempts of a search. A kind is a generator of attempts, which receives the outcome of each attempt. The
// search takes one attempt of each kind in turn, so that no kind waits for the others to end.

import { AllOrders } from './all-orders.ts'
import { CancelPoints } from './cancel-points.ts'
import type { SetTimer } from './choices.ts'
import type { Order } from './explored-queue.ts'
import type { Outcome } from './explored-run.ts'
import { stepName } from './lanes.ts'
import { ALGORITHMS, type Algorithm, orderBy } from './orders.ts'
import type { Cancel } from './program.ts'
import { type ScheduleItem, toMicroseconds } from './schedule.ts'

/** The options of one run. */
export interface Attempt {
  readonly items?: readonly ScheduleItem[]
  readonly order?: Order | undefined
  readonly random?: (() => number) | undefined
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
  const tasks = cancel.startsWith('main') ? 'main' : 'each'
  const points = cancel === 'never' ? undefined : new CancelPoints(ordinary.plan.queue, tasks)
  if (algorithms !== undefined) return [byChance(search, Number.POSITIVE_INFINITY, points)]
  const times = variesTimes ? timeItems(ordinary) : []
  const lates = late > 0 ? lateItems(ordinary, late) : []
  const busy = late > 0 ? busyItems(ordinary, late) : []
  const phases = [
    phase('cancel', points?.length ?? 0, () => cancelling([], points, search)),
    phase('times', times.length, () => listed(times, search)),
    phase('late', lates.length, () => listed(lates, search)),
    phase('busy', busy.length, () => listed(busy, search)),
  ]
  if (points !== undefined && lates.length > 0) {
    const bases = lates.map((item) => ({ item, point: 0 }))
    phases.push(cancellingAfter('cancel when late', bases, tasks, search))
  }
  if (points !== undefined && cancel.endsWith('twice')) {
    const bases = Array.from({ length: Math.min(points.length, MAX_IN_ORDER * 10) }, (_, n) => points.at(n))
    phases.push(cancellingAfter('cancel twice', bases, tasks, search))
  }
  const orders = order === 'any' ? allOrders(apart) : undefined
  if (orders !== undefined) phases.push(orders)
  const { asked } = ordinary.plan.choices
  const hasChance = orders !== undefined || asked
  const kinds = lates.length + times.length + busy.length
  // If only the order varies, all orders are all there is: chance adds nothing.
  const isAll = (): boolean => orders?.isExact === true && points === undefined && kinds === 0 && !asked
  if (hasChance || kinds > 0) {
    phases.push(byChance(search, hasChance ? Number.POSITIVE_INFINITY : combinations(search), points, isAll))
  }
  return phases
}

function phase(name: string, total: number, attempts: (self: Phase) => Attempts, isExact = true): Phase {
  const self: Phase = { name, total, isExact, tried: 0, attempts: undefined as never }
  return Object.assign(self, { attempts: attempts(self) })
}

/** Cancels at each point of a run that has these items. */
function* cancelling(items: readonly ScheduleItem[], points: CancelPoints | undefined, { random }: Search): Attempts {
  if (points === undefined) return
  const { length, lengthOfFirst } = points
  const chance = random(-1)
  for (const n of mixedIndexes(0, lengthOfFirst, chance)) yield { items: [...items, points.at(n).item] }
  for (const n of mixedIndexes(lengthOfFirst, length, chance)) yield { items: [...items, points.at(n).item] }
}

function* listed(items: readonly ScheduleItem[], { random }: Search): Attempts {
  for (const n of mixedIndexes(0, items.length, random(-2))) yield { items: [items[n] as ScheduleItem] }
}

/**
 * Every way for the loop to be late once in the ordinary run: so late that a later timer runs in the same iteration, or
 * as late as allowed.
 */
function lateItems(base: Outcome, late: number): ScheduleItem[] {
  const times = base.plan.clock.jumps.slice(0, MAX_IN_ORDER)
  return times.flatMap((at, n) => {
    const gaps = times.slice(n + 1).map((other) => other - at)
    const delays = new Set([...gaps.filter((gap) => gap > 0 && gap <= late), late])
    return [...delays].map((value): ScheduleItem => ({ kind: 'late', step: String(at), value }))
  })
}

/** The steps that can last until a timer is due. */
function busyItems({ plan: { queue, choices } }: Outcome, late: number): ScheduleItem[] {
  const items: ScheduleItem[] = []
  const counts = new Map<string, number>()
  const timers = [...choices.timers].sort((a, b) => a.deadline - b.deadline)
  let first = 0
  for (const [n, { path }] of queue.trace.entries()) {
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    if (items.length >= MAX_LISTED) break
    const now = queue.times[n] as number
    while (first < timers.length && (timers[first] as SetTimer).deadline <= now) first++
    const due = new Set<number>()
    for (let m = first; m < timers.length && m < first + MAX_IN_ORDER; m++) {
      const { at, deadline } = timers[m] as SetTimer
      if (deadline > now + late) break
      if (at <= now) due.add(deadline - now)
    }
    for (const value of due) items.push({ kind: 'busy', step: stepName(path, count), value })
  }
  return items
}

/** A timer takes so long that another one comes first, the nearest ones first; and then, at the same time. */
function timeItems({ plan: { choices } }: Outcome): ScheduleItem[] {
  const timers = choices.timers.slice(0, MAX_IN_ORDER)
  const deadlines = [...new Set(timers.map(({ deadline }) => deadline))].sort((a, b) => a - b)
  const isShared = (one: number): boolean => timers.filter(({ deadline }) => deadline === one).length > 1
  return [1, 0].flatMap((more) => {
    const ranked = timers.flatMap(({ step, at, deadline }) =>
      deadlines
        .filter((other) => other > deadline || (other === deadline && more > 0 && isShared(other)))
        .map((other, rank) => ({
          rank,
          item: { kind: 'duration', step, value: toMicroseconds(other + more - at) } as const,
        })),
    )
    return ranked.sort((a, b) => a.rank - b.rank).map(({ item }) => item)
  })
}

/** In each run with one of these items: one Task is cancelled, at each point after that of the item. */
function cancellingAfter(
  name: string,
  bases: readonly { readonly item: ScheduleItem; readonly point: number }[],
  tasks: 'each' | 'main',
  search: Search,
): Phase {
  const inner = function* (self: Phase, item: ScheduleItem, start: number): Attempts {
    const base = yield { items: [item] }
    self.tried--
    const points = new CancelPoints(base.plan.queue, tasks, start)
    self.total += points.length
    yield* cancelling([item], points, search)
  }
  return phase(name, 0, (self) => inTurn(bases.map(({ item, point }) => inner(self, item, point + 1))))
}

function* inTurn(all: readonly Attempts[]): Attempts {
  let open = all.map((attempts) => ({ attempts, answer: undefined as unknown as Outcome }))
  while (open.length > 0) {
    const left: typeof open = []
    for (const one of open) {
      const step = one.attempts.next(one.answer)
      if (step.done === true) continue
      one.answer = yield step.value
      left.push(one)
    }
    open = left
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
  const times = variesTimes ? plan.choices.timers.length ** plan.choices.timers.length : 1
  return lates * times
}

/** Everything at once, by chance. */
function byChance(
  { ordinary, order, algorithms = ALGORITHMS, random: randomOf }: Search,
  total: number,
  points: CancelPoints | undefined,
  isAll = (): boolean => false,
): Phase {
  const steps = ordinary.plan.queue.executed
  const attempts = function* (): Attempts {
    for (let index = 0; !isAll(); index++) {
      const random = randomOf(index)
      const algorithm = algorithms[index % algorithms.length] ?? 'random walk'
      const isCancelled = points !== undefined && points.length > 0 && random() < 0.5
      yield {
        items: isCancelled ? [points.at(Math.floor(random() * points.length)).item] : [],
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
