// The kinds of attempts of a search. A kind is a generator of attempts, which receives the outcome of each attempt. The
// search takes one attempt of each kind in turn, so that no kind waits for the others to end.

import type { AllOrders } from './all-orders.ts'
import { CancelPoints } from './cancel-points.ts'
import type { SetTimer } from './choices.ts'
import type { Order } from './explored-queue.ts'
import type { Outcome } from './explored-run.ts'
import { stepName } from './lanes.ts'
import { ALGORITHMS, type Algorithm, orderBy } from './orders.ts'
import type { Cancel } from './program.ts'
import { type NumberItem, type ScheduleItem, toMicroseconds } from './schedule.ts'

/** The options of one run. */
export interface Attempt {
  readonly items?: readonly ScheduleItem[]
  readonly order?: Order | undefined
  readonly random?: (() => number) | undefined
}

/** undefined: there is none until an attempt of another phase has ended. */
type Attempts = Generator<Attempt | undefined, void, Outcome>

/** Each item is for one attempt. Those of `last` are tried later, and less often. Both lists may grow. */
export interface Items {
  readonly first: ItemList
  readonly last: ItemList
  /** Called after a run with one of them. */
  learn?(run: Outcome): void
}

/** An array, or something like one. */
interface ItemList {
  readonly length: number
  at(index: number): ScheduleItem | undefined
}

const NONE: Items = { first: [], last: [] }

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
  /** All orders, after the ordinary run, if there are others. */
  readonly orders: AllOrders | undefined
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
// A timer with more rivals is also moved behind all of them: one after the other would take long.
const MANY_RIVALS = 6
// How many timers may be the second that takes longer.
const MAX_SECOND = 20
// How many rounds a phase skips before it tries an item of `last`. Random attempts skip up to as many after repeats.
const PATIENCE = 4

/** All phases, in the order of their turns in the search. */
export function phasesOf(search: Search): Phase[] {
  const { cancel, late, variesTimes, algorithms, ordinary } = search
  const tasks = cancel.startsWith('main') ? 'main' : 'each'
  const points = cancel === 'never' ? undefined : new CancelPoints(ordinary.plan.queue, tasks)
  if (algorithms?.[0] !== undefined) return [byChance(search, Number.POSITIVE_INFINITY, points)]
  const times = variesTimes ? longerTimers(ordinary) : NONE
  const lates = late > 0 ? lateItems(ordinary, late) : NONE
  const busy = late > 0 ? busyItems(ordinary, late) : NONE
  const cancelsAfter = ({ plan: { queue } }: Outcome): Items =>
    new CancelPoints(queue, tasks, (queue.injected.at(-1)?.point ?? 0) + 1)
  const timesAfter = (base: Outcome): Items => longerTimers(base, movedTimer(base) + 1, MAX_SECOND)
  const phases = [
    ...listed('cancel', points ?? NONE, search, 'cancel twice', cancel.endsWith('twice') ? cancelsAfter : undefined),
    ...listed('times', times, search, 'times twice', timesAfter),
    ...listed('late', lates, search, 'cancel when late', points && cancelsAfter),
    ...listed('busy', busy, search),
  ]
  const orders = search.orders && allOrders(search.orders, search)
  if (orders !== undefined) phases.push(orders)
  const { asked } = ordinary.plan.choices
  const hasChance = orders !== undefined || asked
  const kinds = [lates, times, busy].reduce((sum, items) => sum + countOf(items), 0)
  // If only the order varies, all orders are all there is: chance adds nothing.
  const isAll = (): boolean => orders?.isExact === true && points === undefined && kinds === 0 && !asked
  if (algorithms === undefined && (hasChance || kinds > 0)) {
    phases.push(byChance(search, hasChance ? Number.POSITIVE_INFINITY : combinations(search), points, isAll))
  }
  return phases
}

function phase(name: string, total: number, attempts: (self: Phase) => Attempts, isExact = true): Phase {
  const self: Phase = { name, total, isExact, tried: 0, attempts: undefined as never }
  return Object.assign(self, { attempts: attempts(self) })
}

/**
 * Attempts with one item each; and then with a second one as well.
 * @param secondsOf the second items, for a run with the first
 */
function listed(
  name: string,
  items: Items,
  { random }: Search,
  nameOfPairs = '',
  secondsOf?: (base: Outcome) => Items,
): Phase[] {
  const open: Generator<Attempt, void, void>[] = [] // for each first item
  const last: typeof open = [] // for each that makes no difference
  let isOver = false
  const singles = phase(name, countOf(items), function* () {
    for (const list of [items.first, items.last]) {
      for (const item of mixed(list, random(-1))) {
        if (list === items.last) yield* pause(PATIENCE)
        const base = yield { items: [item] }
        items.learn?.(base)
        singles.total = countOf(items)
        if (secondsOf !== undefined) (base.isRepeat ? last : open).push(withSecond(item, base, secondsOf))
      }
    }
    isOver = true
    open.push(...last)
  })
  if (secondsOf === undefined) return [singles]
  const pairs = phase(nameOfPairs, 0, function* () {
    while (!isOver || open.length > 0) {
      const one = open.shift()
      const step = one?.next()
      if (step?.done === true) continue
      yield step?.value
      if (one !== undefined) open.push(one)
    }
  })
  function* withSecond(first: ScheduleItem, base: Outcome, find: (base: Outcome) => Items): Generator<Attempt, void> {
    const seconds = find(base)
    pairs.total += countOf(seconds)
    for (const list of [seconds.first, seconds.last]) {
      for (const second of mixed(list, random(-1))) yield { items: [first, second] }
    }
  }
  return [singles, pairs]
}

/** No attempt for some rounds. */
function* pause(rounds: number): Generator<undefined, void> {
  for (let n = 0; n < rounds; n++) yield undefined
}

function countOf({ first, last }: Items): number {
  return first.length + last.length
}

/**
 * Every way for the loop to be late once in the ordinary run: so late that a later timer runs in the same iteration, or
 * as late as allowed.
 */
function lateItems({ plan: { clock, choices } }: Outcome, late: number): Items {
  const first: ScheduleItem[] = []
  const last: ScheduleItem[] = []
  const jumps = clock.jumps.slice(0, MAX_IN_ORDER)
  const timers = choices.timers.slice(0, MAX_IN_ORDER).filter(({ isOfLoop }) => isOfLoop)
  for (const [n, now] of jumps.entries()) {
    const gaps = jumps.slice(n + 1).map((other) => other - now)
    for (const value of new Set([...gaps.filter((gap) => gap > 0 && gap <= late), late])) {
      const isSet = timers.some(({ at, deadline }) => at < now && deadline > now && deadline <= now + value)
      ;(isSet ? first : last).push({ kind: 'late', step: String(now), value })
    }
  }
  return { first, last }
}

/** The steps that can last until a timer of the loop is due. */
function busyItems({ plan: { queue, choices } }: Outcome, late: number): Items {
  const first: ScheduleItem[] = []
  const last: ScheduleItem[] = []
  const counts = new Map<string, number>()
  const begun = new Set(['setup#1'])
  const timers = choices.timers.filter(({ isOfLoop }) => isOfLoop).sort((a, b) => a.deadline - b.deadline)
  const { iterations, times } = queue
  const lastOf = new Map(iterations.map((iteration, n) => [times[n], iteration]))
  let next = 0
  for (const [n, { path }] of queue.trace.entries()) {
    const count = (counts.get(path) ?? 0) + 1
    counts.set(path, count)
    if (first.length + last.length >= MAX_LISTED) break
    const now = queue.times[n] as number
    while (next < timers.length && (timers[next] as SetTimer).deadline <= now) next++
    const due = new Map<number, boolean>()
    for (let m = next; m < timers.length && m < next + MAX_IN_ORDER; m++) {
      const { step, at, deadline } = timers[m] as SetTimer
      if (deadline > now + late) break
      const isSet = at < now || begun.has(step.replace(/(#\d+)\..*/, '$1'))
      if (at <= now) due.set(deadline - now, isSet || due.get(deadline - now) === true)
    }
    const step = stepName(path, count)
    const isEarly = (lastOf.get(now) as number) > (iterations[n] as number) + 1
    for (const [value, isSet] of due) (isSet && isEarly ? first : last).push({ kind: 'busy', step, value })
    begun.add(step)
  }
  return { first, last }
}

/**
 * Timers that take longer: each so long that its nearest rival fires first; if it has many rivals, so long that all of
 * them do. After each run, the timer takes still longer, until the next rival fires first. Last come the times that
 * most likely make no difference: as long as a rival, or as a consequence of the timer, which is then later, too.
 */
function longerTimers(base: Outcome, start = 0, count = MAX_IN_ORDER): Items {
  const { timers, fired } = base.plan.choices
  const deadlines = new Set(timers.slice(0, MAX_IN_ORDER).map(({ deadline }) => deadline))
  const first: ScheduleItem[] = []
  const setLater: ScheduleItem[] = []
  const far: ScheduleItem[] = []
  const last: ScheduleItem[] = []
  const exact: ScheduleItem[] = []
  for (const timer of timers.slice(start, start + count)) {
    if (!fired.includes(timer)) continue // it was cleared, or the run did not wait for it
    const rivals = rivalsOf(timer, base)
    const [nearest] = rivals
    if (nearest !== undefined) (nearest.at < timer.deadline ? first : setLater).push(longer(timer, nearest))
    if (rivals.length > MANY_RIVALS) far.push(longer(timer, rivals.at(-1) as SetTimer))
    for (const deadline of deadlines) {
      if (deadline <= timer.deadline) continue
      if (!rivals.some((rival) => rival.deadline === deadline)) last.push(longer(timer, { deadline }))
      exact.push(longer(timer, { deadline }, 0))
    }
  }
  first.push(...setLater, ...far)
  last.push(...exact)
  const learn = (run: Outcome): void => {
    const timer = run.plan.choices.timers[movedTimer(run)]
    const next = timer && rivalsOf(timer, run).find(({ deadline }) => deadlines.has(deadline))
    if (next !== undefined) (run.isRepeat ? last : first).push(longer(timer as SetTimer, next))
  }
  return { first, last, learn }
}

/** The timer takes until `deadline`, or 1 ms more. */
function longer({ step, at }: SetTimer, { deadline }: Pick<SetTimer, 'deadline'>, more = 1): ScheduleItem {
  return { kind: 'duration', step, value: toMicroseconds(deadline + more - at) }
}

/** The timers that fire after this one and would not be later, too, if it took longer. The nearest is the first. */
function rivalsOf(timer: SetTimer, { plan: { choices } }: Outcome): SetTimer[] {
  const { deadline } = timer
  const ends = new Set([deadline]) // when this timer and its consequences fire
  const rivals: SetTimer[] = []
  let isSetLater = false
  for (const one of choices.timers.slice(0, MAX_IN_ORDER)) {
    const isAfter = one.deadline > deadline || (isSetLater && one.deadline === deadline)
    if (one === timer) isSetLater = true
    else if (ends.has(one.at)) ends.add(one.deadline)
    else if (isAfter && one.clearedAt >= deadline) rivals.push(one)
  }
  return rivals.sort((one, other) => one.deadline - other.deadline)
}

/** The number of the timer that takes longer in this run. */
function movedTimer({ plan: { choices } }: Outcome): number {
  const [moved] = choices.made as readonly NumberItem[]
  return choices.timers.findIndex(({ step }) => step === moved?.step)
}

function allOrders(orders: AllOrders, { ordinary, apart }: Search): Phase {
  const isReduced = apart.length > 0
  let isMore = orders.advance(ordinary.plan.queue)
  const attempts = function* (self: Phase): Attempts {
    while (isMore && (isReduced || orders.estimate <= MAX_ORDERS)) {
      const outcome = yield { order: orders.begin() }
      isMore = orders.advance(outcome.plan.queue)
      self.isExact = !isMore
      self.total = isReduced ? self.tried : Math.max(self.tried, orders.estimate)
    }
  }
  const total = isReduced ? 1 : orders.estimate
  return Object.assign(phase('order', total, attempts, !isMore), { tried: 1 }) // the ordinary run
}

function combinations({ ordinary: { plan }, late, variesTimes }: Search): number {
  const lates = late > 0 ? 2 ** plan.clock.jumps.length : 1
  const times = variesTimes ? plan.choices.timers.length ** plan.choices.timers.length : 1
  return lates * times
}

/** Everything at once, by chance. */
function byChance(
  { ordinary, orders, algorithms = ALGORITHMS, random: randomOf }: Search,
  total: number,
  points: CancelPoints | undefined,
  isAll = (): boolean => false,
): Phase {
  const steps = ordinary.plan.queue.executed
  const attempts = function* (): Attempts {
    let repeats = 2 // most bugs show sooner in the other kinds
    for (let index = 0; !isAll(); index++) {
      yield* pause(Math.min(repeats, PATIENCE))
      const random = randomOf(index)
      const algorithm = algorithms[index % algorithms.length] ?? 'random walk'
      const isCancelled = points !== undefined && points.length > 0 && random() < 0.5
      const { isRepeat } = yield {
        items: isCancelled ? [points.at(Math.floor(random() * points.length))] : [],
        order: orders !== undefined ? orderBy(algorithm, random, steps) : undefined,
        random,
      }
      repeats = isRepeat ? repeats + 1 : 0
    }
  }
  return phase('by chance', total, attempts, false)
}

/** The items of a list, which may grow: in order if it is short at first, otherwise shuffled. */
function* mixed(list: ItemList, random: () => number): Generator<ScheduleItem, void> {
  const isShuffled = list.length > MAX_IN_ORDER
  // A lazy shuffle: moved.get(n) is the index of the item at place n.
  const moved = new Map<number, number>()
  for (let n = 0; n < list.length; n++) {
    const other = isShuffled ? n + Math.floor(random() * (list.length - n)) : n
    yield list.at(moved.get(other) ?? other) as ScheduleItem
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
