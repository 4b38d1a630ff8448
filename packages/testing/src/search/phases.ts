// The kinds of attempts of a search. A kind is a generator of attempts, which receives the outcome of each attempt. The
// search takes one attempt of each kind in turn, so that no kind waits for the others to end.

import type { Abort, Cancel } from '../explore/program.ts'
import type { Aborts } from '../host/aborts.ts'
import type { Run } from '../run/explored-run.ts'
import { isLikely, type SetTimer } from '../schedule/choices.ts'
import { type NumberItem, type ScheduleItem, toMicroseconds } from '../schedule/schedule.ts'
import { CancelPoints } from './cancel-points.ts'

/** The options of one run. */
export interface Attempt {
  readonly items?: readonly ScheduleItem[]
  readonly random?: (() => number) | undefined
}

/** undefined: there is none until an attempt of another phase has ended. */
type Attempts = Generator<Attempt | undefined, void, Run>

/** Each item is for one attempt. Those of `last` are tried later, and less often. Both lists may grow. */
export interface Items {
  readonly first: ItemList
  readonly last: ItemList
  /** Called after a run with one of them. */
  learn?(run: Run): void
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
  /** The number of attempts there are. */
  total: number
}

/** The material of the phases. */
export interface Search {
  readonly ordinary: Run
  readonly cancel: Cancel
  readonly abort: Abort
  /** The signals of a run in which turns were counted. */
  readonly aborts: Aborts
  readonly late: number
  /** Whether timers may take longer than they say. */
  readonly variesTimes: boolean
  /** Random numbers for attempt `index`. */
  random(index: number): () => number
}

// More of them are tried in a random order.
const MAX_IN_ORDER = 200
// How many rounds a phase skips before it tries an item of `last`. Random attempts skip up to as many after repeats.
const PATIENCE = 4
// The share of random attempts that cancel or abort something, and of those the share that cancels a second time.
const CANCELLED = 0.5
const CANCELLED_AGAIN = 0.25

/** All phases, in the order of their turns in the search. */
export function phasesOf(search: Search): Phase[] {
  const { cancel, late, variesTimes, ordinary, random } = search
  const { clock, choices, queue } = ordinary
  const tasks = cancel.startsWith('main') ? 'main' : 'each'
  const points = cancel === 'never' ? undefined : new CancelPoints(queue, tasks)
  const cancelsAfter = ({ queue }: Run): CancelPoints =>
    new CancelPoints(queue, tasks, (queue.injected.at(-1)?.point ?? 0) + 1)
  const times = variesTimes ? longerTimers(ordinary) : NONE
  const aborts: Items = { first: search.aborts.moments(search.abort), last: [] }
  const phases = [
    listed('cancel', points ?? NONE, random, cancel.endsWith('twice') ? cancelsAfter : undefined),
    listed('abort', aborts, random),
    listed('times', times, random),
  ]
  if (choices.asked || variesTimes || (late > 0 && clock.jumps.length > 0)) {
    phases.push(byChance(search, [points, aborts, times], cancelsAfter))
  }
  return phases
}

/**
 * Attempts with one item each; after each of them, attempts with a second one as well.
 * @param secondsOf the second items, for a run with the first
 */
function listed(name: string, items: Items, random: Search['random'], secondsOf?: (base: Run) => Items): Phase {
  const seconds: [first: ScheduleItem, items: Items][] = []
  const attempts = function* (): Attempts {
    for (const [list, patience] of [
      [items.first, 0],
      [items.last, PATIENCE],
    ] as const) {
      for (const item of mixed(list, random(-1))) {
        yield* pause(patience)
        const base = yield { items: [item] }
        items.learn?.(base)
        self.total = Math.max(self.total, countOf(items))
        const more = secondsOf?.(base)
        if (more !== undefined) seconds.push([item, more])
      }
    }
    self.total = seconds.reduce((sum, [, more]) => sum + countOf(more), self.total)
    for (const [first, { first: soon, last }] of seconds) {
      for (const list of [soon, last]) {
        for (const second of mixed(list, random(-1))) yield { items: [first, second] }
      }
    }
  }
  const self: Phase = { name, total: countOf(items), tried: 0, attempts: attempts() }
  return self
}

/** No attempt for some rounds. */
function* pause(rounds: number): Generator<undefined, void> {
  for (let n = 0; n < rounds; n++) yield undefined
}

function countOf({ first, last }: Items): number {
  return first.length + last.length
}

/**
 * Timers that take longer: each so long that its nearest rival fires first. After each run, the timer takes still
 * longer, until the next rival fires first. Last come the times that most likely make no difference: as long as a
 * rival, or as a consequence of the timer, which is then later, too; and those that are far longer than what is
 * written.
 */
function longerTimers(base: Run): Items {
  const { fired } = base.choices
  const timers = base.choices.timers.slice(0, MAX_IN_ORDER)
  const deadlines = new Set(timers.map(({ deadline }) => deadline))
  const first: ScheduleItem[] = []
  const last: ScheduleItem[] = []
  const add = (timer: SetTimer, rival: SetTimer | undefined): void => {
    if (rival === undefined) return
    const until = rival.deadline + 1
    const list = isLikely(timer, until) ? first : last
    list.push(longer(timer, until))
  }
  // The others were cleared, or the run did not wait for them.
  const varied = timers.filter((timer) => fired.includes(timer))
  for (const timer of varied) add(timer, rivalsOf(timer, base)[0])
  for (const more of [1, 0]) {
    for (const timer of varied) {
      const known = more === 0 ? [] : rivalsOf(timer, base).map(({ deadline }) => deadline)
      for (const deadline of deadlines) {
        if (deadline > timer.deadline && !known.includes(deadline)) last.push(longer(timer, deadline + more))
      }
    }
  }
  const learn = (run: Run): void => {
    const timer = movedTimer(run)
    if (timer === undefined) return
    const next = rivalsOf(timer, run).find(({ deadline }) => deadlines.has(deadline))
    add(timer, next)
  }
  return { first, last, learn }
}

/** The timer takes until this time. */
function longer({ step, at }: SetTimer, until: number): ScheduleItem {
  return { kind: 'duration', step, value: toMicroseconds(until - at) }
}

/** The timers that fire after this one and would not be later, too, if it took longer. The nearest is the first. */
function rivalsOf(timer: SetTimer, { choices }: Run): SetTimer[] {
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

/** The timer that takes longer in this run. */
function movedTimer({ choices }: Run): SetTimer | undefined {
  const [moved] = choices.made as readonly NumberItem[]
  return choices.timers.find(({ step }) => step === moved?.step)
}

/** Everything at once, by chance: also late wake-ups, busy steps and second cancellations. */
function byChance(
  { random: randomOf, cancel }: Search,
  kinds: readonly (Items | undefined)[],
  cancelsAfter: (run: Run) => CancelPoints,
): Phase {
  const lists = kinds.flatMap((items) => (items === undefined || countOf(items) === 0 ? [] : items))
  const attempts = function* (): Attempts {
    let repeats = 1 // most bugs show sooner in the other kinds
    for (let index = 0; ; index++) {
      yield* pause(Math.min(repeats, PATIENCE))
      const random = randomOf(index)
      const list = random() < CANCELLED ? lists[Math.floor(random() * lists.length)] : undefined
      const items = list === undefined ? [] : pickOf(list, random)
      const run = yield { items, random: randomOf(-index - 2) }
      repeats = run.isRepeat ? repeats + 1 : 0
      if (items[0]?.kind !== 'cancel' || (random() > CANCELLED_AGAIN && !cancel.endsWith('twice'))) continue
      const again = pickOf(cancelsAfter(run), random)
      if (again.length > 0) yield { items: [...items, ...again], random: randomOf(-index - 2) }
    }
  }
  return { name: 'by chance', total: Number.POSITIVE_INFINITY, tried: 0, attempts: attempts() }
}

function pickOf({ first, last }: Items, random: () => number): ScheduleItem[] {
  const length = first.length + last.length
  if (length === 0) return []
  const index = Math.floor(random() * length)
  const item = index < first.length ? first.at(index) : last.at(index - first.length)
  return item === undefined ? [] : [item]
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

function ofTotal({ total, tried }: Phase): string {
  return total === Number.POSITIVE_INFINITY ? '' : ` of ${Math.max(total, tried)}`
}
