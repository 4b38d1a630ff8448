import type { Awaitable, Coroutine, EventLoop } from '@spindle/loop'
import { checkOptions, hostClock, isError, RuntimeError, repr } from '@spindle/loop/internal'
import { checkCoroutineFunction } from '../check-coroutine-function.ts'
import { type FailureFiles, recordFailure, toldFiles } from '../failure-files.ts'
import { type CancelPoints, cancelPointsOf } from './cancel-points.ts'
import { type Happening, noteEvents } from './events.ts'
import { type ExploredRun, type Failure, isExploring, LateClock, type Outcome, runExplored } from './explored-run.ts'
import { type Finding, judge } from './judge.ts'
import { ALGORITHMS, type Algorithm, enumerateOrders, orderBy } from './orders.ts'
import { seededRandom, seedOf } from './random.ts'
import { RunEntropy } from './run-entropy.ts'
import { cancelItem, formatItem, formatSchedule, parseSchedule, type ScheduleItem } from './schedule.ts'
import { type Order, ScheduledQueue } from './scheduled-queue.ts'
import { shrink } from './shrink.ts'
import { tell } from './tell.ts'
import { watchChance } from './watch-chance.ts'
import { type CancelAt, WatchedQueue } from './watched-queue.ts'

/** Options of `explore()`: what it tries, and how much. */
export interface ExploreOptions<S, T> {
  /** Creates what the program uses, once for each run. Its result is passed to the program and to the check. */
  readonly setup?: (() => S | Coroutine<S>) | undefined
  /** Called after the program has ended; throws if something is wrong. A coroutine function may wait. */
  readonly check?: ((run: ExploredRun<S, T>) => unknown) | undefined
  /**
   * Which Tasks are cancelled, one in each run, at each possible moment. `twice`: each Task once, and then a second
   * time before the end.
   * @default 'each'
   */
  readonly cancel?: 'each' | 'main' | 'twice' | 'never' | undefined
  /**
   * By how many ms the loop may wake up late for a timer: other timers that are due by then run in the same iteration.
   * @default 10
   */
  readonly late?: number | undefined
  /**
   * `any`: ready Tasks may run in any order, except that callbacks and the waiters of one Future keep theirs. That is
   * stricter than necessary, as asyncio and Spindle guarantee `fifo`.
   * @default 'fifo'
   */
  readonly order?: 'fifo' | 'any' | undefined
  /** The maximum number of runs; if given, remaining runs try random combinations. @default 2_000 */
  readonly runs?: number | undefined
  /** The seed of random choices. The same seed tries the same schedules. @default 1 */
  readonly seed?: number | undefined
  /** Runs only this schedule, in the form that a failure prints. */
  readonly replay?: string | undefined
  /** How many steps a run may take. @default 100_000 */
  readonly maxSteps?: number | undefined
  /** The algorithms that pick an order. @default all, in turn @internal */
  readonly algorithms?: readonly Algorithm[] | undefined
}

/** What was tried. */
export interface Exploration {
  /** The number of runs. */
  readonly runs: number
  /** How much of the possible schedules was tried: `cancel: 61 of 61, late: 3 of 3`. */
  readonly covered: string
}

/** A schedule was found in which the program fails. */
export class ExplorationError extends Error {
  override name = 'ExplorationError'
  /** The schedule, for the option `replay`; '' is the ordinary run. */
  readonly replay: string
  /** The number of runs to find it, and to shrink it. */
  readonly runs: { readonly found: number; readonly shrunk: number }
  readonly kind: Failure['kind'] | 'nondeterminism'
  /** The files with its recording and picture, if `@spindle/inspect` is installed. */
  readonly files: FailureFiles | undefined

  /** @internal */
  constructor(
    message: string,
    found: Pick<ExplorationError, 'replay' | 'runs' | 'kind'>,
    cause: unknown,
    files?: FailureFiles,
  ) {
    super(message, { cause })
    this.replay = found.replay
    this.runs = found.runs
    this.kind = found.kind
    this.files = files
  }

  /** @internal */
  withFiles(files: FailureFiles): ExplorationError {
    return new ExplorationError(this.message + toldFiles(files), this, this.cause, files)
  }
}

/**
 * Runs a program repeatedly, each time under a different schedule: it cancels each Task at each moment, makes the loop
 * late, and runs ready Tasks in a different order. The first two runs have the ordinary schedule. A failing schedule is
 * shrunk and described in a sentence.
 *
 * A run fails when the program or the check throws, when something is reported to the exception handler, when the
 * program waits forever although nothing was cancelled, and when a wake-up is lost: a Task was woken but cancelled
 * before it ran, and now something waits forever that would not if the Task had been cancelled a moment earlier. Time
 * is virtual, and the thread is blocked during a run: promises, sockets and workers do not settle.
 * @param program creates whatever it uses, or takes it from `setup`
 * @throws ExplorationError for the first schedule that fails; TypeError, RangeError or SyntaxError if an option is
 * wrong; RuntimeError inside a program that is being explored
 *
 * @example
 * ```ts
 * function* main(): Coroutine<void> {
 *   const lock = new Lock()
 *   function* worker(): Coroutine<void> {
 *     using _ = yield* lock.acquire()
 *     yield* sleep(1)
 *   }
 *   yield* gather([worker(), worker()])
 * }
 * const { runs, covered } = await explore(main)
 * console.log(runs, covered) // prints: … cancel: …
 * ```
 */
export function explore<T, S = undefined>(
  program: (given: S) => Awaitable<T>,
  options: ExploreOptions<S, T> = {},
): Promise<Exploration> {
  checkArguments(program, options)
  if (isExploring()) throw new RuntimeError('explore() was called inside a program that is being explored')
  return new Explorer(program, options).explore()
}

/** A schedule given by numbers: each choice takes the next number. 0 is the ordinary choice. */
export interface ChosenSchedule {
  /** From 0 to below 1. After the last number, every choice is the ordinary one. */
  readonly chances: readonly number[]
  /** The numbers select the Task that is cancelled, and the moment; they wrap around. */
  readonly cancels: readonly { readonly task: number; readonly moment: number }[]
}

/**
 * Runs a program under the ordinary schedule, and under a given one.
 * @throws ExplorationError, not shrunk, with the schedule as text, if it fails
 */
export function exploreChosen<T, S>(
  program: (given: S) => Awaitable<T>,
  options: ExploreOptions<S, T>,
  chosen: ChosenSchedule,
): Promise<void> {
  checkArguments(program, options)
  return new Explorer(program, options).runChosen(chosen)
}

function checkArguments<S, T>(program: unknown, options: ExploreOptions<S, T>): void {
  checkCoroutineFunction('explore()', program)
  checkOptions('explore()', options, OPTIONS)
  const { cancel, late, order, runs, seed, maxSteps } = options
  checkOneOf('cancel', cancel, ['each', 'main', 'twice', 'never'])
  checkOneOf('order', order, ['fifo', 'any'])
  if (late !== undefined && !(typeof late === 'number' && late >= 0 && late < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`late must be a number of milliseconds >= 0, got ${repr(late)}`)
  }
  checkCount('runs', runs)
  checkCount('maxSteps', maxSteps)
  if (seed !== undefined && !Number.isInteger(seed)) throw new RangeError(`seed must be an integer, got ${repr(seed)}`)
}

const OPTIONS = ['setup', 'check', 'cancel', 'late', 'order', 'runs', 'seed', 'replay', 'maxSteps', 'algorithms']

function checkOneOf(name: string, value: unknown, allowed: readonly unknown[]): void {
  if (value === undefined || allowed.includes(value)) return
  throw new TypeError(`${name} must be one of ${allowed.map(repr).join(', ')}, got ${repr(value)}`)
}

function checkCount(name: string, value: unknown): void {
  if (value === undefined || (Number.isInteger(value) && (value as number) > 0)) return
  throw new RangeError(`${name} must be an integer > 0, got ${repr(value)}`)
}

const DEFAULT_LATE_MS = 10
const DEFAULT_RUNS = 2_000
const DEFAULT_MAX_STEPS = 100_000
const MAX_LATE_SCHEDULES = 1_000
const MAX_ORDERS = 1_000
const AWAITED_TWICE = 'cannot reuse already awaited coroutine'
// The host gets a turn after this many ms, so that a test's time limit can end the exploration.
const TURN_MS = 50

/** The options of one run. */
interface Attempt {
  readonly items?: readonly ScheduleItem[]
  readonly cancels?: readonly CancelAt[]
  readonly order?: Order | undefined
  readonly random?: (() => number) | undefined
}

/** Schedules of one kind. */
interface Phase {
  readonly name: string
  readonly total: number
  attempt(index: number): Attempt | undefined
}

const { setTimeout } = globalThis as unknown as { setTimeout(callback: () => void): unknown }

class Explorer<S, T> {
  readonly #program: (given: S) => Awaitable<T>
  readonly #options: ExploreOptions<S, T>
  readonly #late: number
  readonly #limit: number
  readonly #seed: number
  readonly #covered: string[] = []
  // The Tasks that wait forever in the ordinary run.
  #waitingAnyway: ReadonlySet<string> = new Set()
  #shrinks = true
  #runs = 0
  #turnEndsAt = 0

  constructor(program: (given: S) => Awaitable<T>, options: ExploreOptions<S, T>) {
    this.#program = program
    this.#options = options
    this.#late = options.late ?? DEFAULT_LATE_MS
    this.#limit = options.runs ?? DEFAULT_RUNS
    this.#seed = options.seed ?? 1
  }

  /** Explores, and records the failure, if there is one. */
  async explore(): Promise<Exploration> {
    try {
      return await this.#explore()
    } catch (error) {
      if (!(error instanceof ExplorationError)) throw error
      const items = error.replay === '' ? [] : parseSchedule(error.replay)
      const again = (watch?: (loop: EventLoop) => void): unknown => this.#run({ items }, undefined, new Set(), watch)
      const files = await recordFailure(error.message, again)
      if (files !== undefined) throw error.withFiles(files)
      again() // so that the last run is the one that fails, for tools that watch each new loop
      throw error
    }
  }

  async runChosen({ chances, cancels }: ChosenSchedule): Promise<void> {
    await this.#giveTurn()
    this.#shrinks = false
    const ordinary = this.#run({})
    const failure = this.#failureOf(ordinary)
    this.#waitingAnyway = new Set(ordinary.waiting.map(({ path }) => path))
    if (failure !== undefined) throw this.#fail(ordinary, failure)
    const { cancel } = this.#options
    const next = chances.values()
    const random = (): number => next.next().value ?? 0
    const { queue } = ordinary.plan
    const lanes = cancel === 'main' ? queue.lanes.all.slice(0, 1) : queue.lanes.all
    const cancelAt = ({ task, moment }: ChosenSchedule['cancels'][number]): CancelAt[] => {
      const lane = lanes[task % lanes.length]
      const points = lane && cancelPointsOf(queue, [lane])
      return points === undefined || points.length === 0 ? [] : [points.at(moment % points.length)]
    }
    this.#tryOne({
      cancels: cancel === 'never' ? [] : cancels.flatMap(cancelAt),
      order: this.#options.order === 'any' ? orderBy('random walk', random, 0) : undefined,
      random,
    })
  }

  async #explore(): Promise<Exploration> {
    const { replay, order = 'fifo', cancel = 'each' } = this.#options
    const items = replay === undefined ? undefined : parseSchedule(replay)
    await this.#giveTurn() // a running loop must end its iteration before explore() may block the thread
    const ordinary = this.#runTwice()
    if (items !== undefined) return this.#replay(items)
    if (this.#options.algorithms !== undefined) {
      await this.#tryChance(ordinary, order)
      return { runs: this.#runs, covered: this.#covered.join(', ') }
    }
    const hasChance = order === 'any' || (ordinary.plan.entropy as RunEntropy).asked
    const forChance = hasChance ? this.#limit >> 1 : 0
    if (cancel !== 'never') await this.#try(cancelling('cancel', ordinary, this.#cancelled, {}), forChance)
    const lates =
      this.#late > 0
        ? lateSchedules(ordinary, this.#late, Math.min(MAX_LATE_SCHEDULES, this.#limit >> 1), this.#random(-1))
        : []
    if (lates.length > 0) {
      await this.#try(
        { name: 'late', total: lates.length, attempt: (n) => ({ items: lates[n] as ScheduleItem[] }) },
        forChance,
      )
    }
    if (cancel !== 'never') await this.#cancelWhenLate(lates, forChance)
    if (cancel === 'twice') await this.#cancelTwice(ordinary, forChance)
    if (hasChance || this.#options.runs !== undefined) await this.#tryChance(ordinary, order)
    return { runs: this.#runs, covered: this.#covered.join(', ') }
  }

  get #cancelled(): 'each' | 'main' {
    return this.#options.cancel === 'main' ? 'main' : 'each'
  }

  #random(index: number): () => number {
    return seededRandom(seedOf(this.#seed, index))
  }

  /** The ordinary run, twice: everything else relies on both being the same. */
  #runTwice(): Outcome {
    const chance = watchChance()
    const runs: Happening[][] = []
    let outcome!: Outcome
    try {
      for (let n = 0; n < 2; n++) {
        const happenings: Happening[] = []
        outcome = this.#run({}, happenings)
        runs.push(happenings)
        if (outcome.failure !== undefined || outcome.deadlock !== undefined) break
      }
    } finally {
      chance.stop()
    }
    const hints = [...chance.calls]
    const [first = [], second = first] = runs
    const difference = firstDifference(first, second)
    if (difference !== undefined) {
      const cause =
        hints.length > 0
          ? hints.join(', ')
          : 'the program keeps state from one run to the next, perhaps in a variable of a module'
      throw this.#error('nondeterminism', [], `two ordinary runs differ: ${difference}.\nLikely cause: ${cause}`)
    }
    this.#waitingAnyway = new Set()
    const failure = this.#failureOf(outcome)
    this.#waitingAnyway = new Set(outcome.waiting.map(({ path }) => path))
    if (failure === undefined) this.#checkAwaitedOnce()
    else {
      const timers = hints.filter((hint) => hint.startsWith('set'))
      const hint = timers.length === 0 ? '' : `\nTimers of the host do not run in virtual time: ${timers.join(', ')}`
      throw this.#fail(outcome, failure, hint)
    }
    return outcome
  }

  /** Two Tasks that await one coroutine object: only debug mode sees that. */
  #checkAwaitedOnce(): void {
    const { failure } = this.#run({}, undefined, undefined, (loop) => loop.setDebug(true))
    this.#runs--
    const error = isError(failure?.error) ? failure.error : undefined
    if (error?.message.includes(AWAITED_TWICE)) {
      throw this.#error('error', [], `in the ordinary run: ${error.message}`, error)
    }
  }

  #run(
    attempt: Attempt,
    happenings?: Happening[],
    applied: Set<ScheduleItem> = new Set(),
    onLoop?: (loop: EventLoop) => void,
  ): Outcome {
    this.#runs++
    const { items = [], cancels = [], order, random } = attempt
    const { maxSteps = DEFAULT_MAX_STEPS } = this.#options
    const isInOrder = order === undefined && !items.some(({ kind }) => kind === 'hold' || kind === 'cancel')
    const queue = isInOrder
      ? new WatchedQueue(cancels, maxSteps)
      : new ScheduledQueue(items, applied, order, cancels, maxSteps)
    const clock = new LateClock(this.#lateBy(items, random, applied))
    const entropy = new RunEntropy(queue, items, applied, random)
    const watch =
      happenings === undefined
        ? onLoop
        : (loop: EventLoop): void => noteEvents(loop, happenings, () => queue.isWatching)
    queue.notesPlaces = happenings !== undefined
    const { setup, check } = this.#options
    return runExplored({ setup, program: this.#program, check }, { queue, clock, entropy, watch })
  }

  #lateBy(
    items: readonly ScheduleItem[],
    random: (() => number) | undefined,
    applied: Set<ScheduleItem>,
  ): ((at: number) => number) | undefined {
    if (random !== undefined) return () => (random() < 0.5 ? 0 : Math.round(random() * this.#late * 10) / 10)
    const lates = items.filter((item) => item.kind === 'late')
    if (lates.length === 0) return undefined
    return (when) => {
      const late = lates.find(({ at }) => at === when)
      if (late !== undefined) applied.add(late)
      return late?.by ?? 0
    }
  }

  /**
   * Tries the schedules of a phase, as many as the number of runs allows; the last `spare` runs are left for other
   * phases.
   */
  async #try({ name, total, attempt }: Phase, spare: number): Promise<void> {
    const room = Math.max(0, this.#limit - spare - this.#runs)
    const tried = Math.min(total, room)
    const indexes = tried === total ? undefined : sample(total, tried, this.#random(-2))
    for (let n = 0; n < tried; n++) {
      const one = attempt(indexes?.[n] ?? n)
      if (one !== undefined) this.#tryOne(one)
      if (hostClock.time() > this.#turnEndsAt) await this.#giveTurn()
    }
    if (total > 0) this.#covered.push(`${name}: ${tried} of ${total}`)
  }

  async #giveTurn(): Promise<void> {
    await new Promise<void>((resolve) => setTimeout(resolve))
    this.#turnEndsAt = hostClock.time() + TURN_MS
  }

  #tryOne(attempt: Attempt): Outcome {
    const outcome = this.#run(attempt)
    const failure = this.#failureOf(outcome)
    if (failure !== undefined) throw this.#fail(outcome, failure)
    return outcome
  }

  async #cancelWhenLate(lates: readonly (readonly ScheduleItem[])[], spare: number): Promise<void> {
    let tried = 0
    let total = 0
    for (const items of lates) {
      if (items.length > 1 || this.#runs >= this.#limit - spare) break
      const base = this.#tryOne({ items })
      const phase = cancelling('', base, this.#cancelled, { items })
      total += phase.total
      const before = this.#runs
      const covered = this.#covered.length
      await this.#try(phase, spare)
      this.#covered.length = covered
      tried += this.#runs - before
    }
    if (total > 0) this.#covered.push(`cancel when late: ${Math.min(tried, total)} of ${total}`)
  }

  /** The second cancellation comes after the first, and before the end. */
  async #cancelTwice(ordinary: Outcome, spare: number): Promise<void> {
    const firsts = cancelPointsOf(ordinary.plan.queue, 'each')
    const room = this.#limit - spare - this.#runs
    const each = Math.max(1, Math.floor(room / Math.max(1, firsts.length)))
    let tried = 0
    let total = 0
    for (let n = 0; n < firsts.length && tried < room; n++) {
      const first = firsts.at(n)
      const base = this.#tryOne({ cancels: [first] })
      const seconds = cancelPointsOf(base.plan.queue, 'each', first.point + 1)
      total += seconds.length
      for (const index of sample(seconds.length, Math.min(each, seconds.length), this.#random(n))) {
        this.#tryOne({ cancels: [first, seconds.at(index)] })
        tried++
        if (hostClock.time() > this.#turnEndsAt) await this.#giveTurn()
      }
    }
    this.#covered.push(`cancel twice: ${tried} of ${total}`)
  }

  /** Orders and durations: all of them if there are few, otherwise by the algorithms in turn. */
  async #tryChance(ordinary: Outcome, order: 'fifo' | 'any'): Promise<void> {
    if (order === 'any' && this.#options.algorithms === undefined) {
      const all = enumerateOrders()
      let tried = 0
      for (
        let next = all.next();
        next !== undefined && tried < MAX_ORDERS && this.#runs < this.#limit;
        next = all.next()
      ) {
        this.#tryOne({ order: next })
        tried++
        if (tried === 1 && all.estimate > MAX_ORDERS) break
        if (hostClock.time() > this.#turnEndsAt) await this.#giveTurn()
      }
      this.#covered.push(all.isDone ? `order: ${tried} of ${tried}` : `order: of about ${all.estimate.toPrecision(1)}`)
    }
    const points = this.#options.cancel === 'never' ? undefined : cancelPointsOf(ordinary.plan.queue, this.#cancelled)
    const steps = ordinary.plan.queue.executed
    const first = this.#runs
    for (let n = 0; this.#runs < this.#limit; n++) {
      this.#tryOne(this.#chanceAttempt(n, order, points, steps))
      if (hostClock.time() > this.#turnEndsAt) await this.#giveTurn()
    }
    this.#covered.push(`by chance: ${this.#runs - first}`)
  }

  #chanceAttempt(index: number, order: 'fifo' | 'any', points: CancelPoints | undefined, steps: number): Attempt {
    const random = this.#random(index)
    const { algorithms = ALGORITHMS } = this.#options
    const algorithm = algorithms[index % algorithms.length] ?? 'random walk'
    const isCancelled = points !== undefined && points.length > 0 && random() < 0.5
    return {
      cancels: isCancelled ? [points.at(Math.floor(random() * points.length))] : [],
      order: order === 'any' ? orderBy(algorithm, random, steps) : undefined,
      random,
    }
  }

  #failureOf(outcome: Outcome): Finding | undefined {
    return judge(
      outcome,
      this.#waitingAnyway,
      (one) => itemsOf(one).filter(({ kind }) => kind !== 'cancel'),
      (items, cancels) => this.#run({ items, cancels }),
    )
  }

  #fail(outcome: Outcome, failure: Finding, hint = ''): ExplorationError {
    const found = this.#runs
    const all = itemsOf(outcome)
    const fails = (items: readonly ScheduleItem[]): boolean => this.#findingOf(items)?.kind === failure.kind
    const items = this.#shrinks && fails(all) ? shrink(all, fails) : all
    const happenings: Happening[] = []
    const applied = new Set<ScheduleItem>()
    const again = this.#run({ items }, happenings, applied)
    const finding = this.#failureOf(again) ?? failure
    const error = this.#error(finding.kind, items, tell(items, again, finding, happenings) + hint, finding.error)
    return new ExplorationError(
      error.message,
      { replay: error.replay, kind: error.kind, runs: { found, shrunk: this.#runs - found } },
      finding.error,
    )
  }

  #findingOf(items: readonly ScheduleItem[]): Finding | undefined {
    return this.#failureOf(this.#run({ items }))
  }

  #error(
    kind: ExplorationError['kind'],
    items: readonly ScheduleItem[],
    text: string,
    cause?: unknown,
  ): ExplorationError {
    const replay = formatSchedule(items)
    const tail = items.length === 0 ? '' : `\n\nreplay: ${inQuotes(replay)}, seed: ${this.#seed}`
    return new ExplorationError(text + tail, { replay, kind, runs: { found: this.#runs, shrunk: 0 } }, cause)
  }

  #replay(items: readonly ScheduleItem[]): Exploration {
    const applied = new Set<ScheduleItem>()
    const outcome = this.#run({ items }, undefined, applied)
    const failure = this.#failureOf(outcome)
    if (failure !== undefined) throw this.#fail(outcome, failure)
    const unfit = items.filter((item) => !applied.has(item))
    if (unfit.length > 0) {
      throw new RangeError(
        `replay no longer applies:${unfit.map((item) => `\n  ${formatItem(item)}: ${whyUnfit(item, outcome)}`).join('')}`,
      )
    }
    return { runs: this.#runs, covered: 'replay: 1 of 1' }
  }
}

function cancelling(name: string, base: Outcome, tasks: 'each' | 'main', rest: Attempt): Phase {
  const points = cancelPointsOf(base.plan.queue, tasks)
  return { name, total: points.length, attempt: (n) => ({ ...rest, cancels: [points.at(n)] }) }
}

/**
 * The ways in which the loop can be late in the ordinary run: so late that later timers run in the same iteration, or
 * as late as allowed. First at one time each, then all combinations if there are few, otherwise some.
 */
function lateSchedules(base: Outcome, late: number, limit: number, random: () => number): ScheduleItem[][] {
  const times = base.plan.clock.jumps.map(({ at }) => at)
  const choices = times.map((at, n) => {
    const gaps = times.slice(n + 1).map((other) => other - at)
    const delays = new Set([...gaps.filter((gap) => gap <= late), late])
    return [...delays].map((by): ScheduleItem => ({ kind: 'late', by, at }))
  })
  const singles = choices.flat().map((item) => [item])
  const combinations = choices.reduce((product, options) => product * (options.length + 1), 1)
  if (combinations <= limit) {
    let all: ScheduleItem[][] = [[]]
    for (const options of choices) all = all.flatMap((rest) => [rest, ...options.map((item) => [...rest, item])])
    return [...singles, ...all.filter(({ length }) => length > 1)]
  }
  const some = Array.from({ length: Math.max(0, limit - singles.length) }, () =>
    choices.flatMap((options) => {
      const option = random() < 0.5 ? undefined : options[Math.floor(random() * options.length)]
      return option === undefined ? [] : [option]
    }),
  )
  return [...singles, ...some].slice(0, limit)
}

/** What differed from the ordinary run. */
function itemsOf({ plan: { queue, clock, entropy }, injected }: Outcome): ScheduleItem[] {
  return [
    ...(entropy as RunEntropy).items,
    ...clock.items,
    ...(queue instanceof ScheduledQueue ? queue.held : []),
    ...injected.map((one) => cancelItem(one, queue.trace)),
  ]
}

function whyUnfit(item: ScheduleItem, { plan: { queue, clock } }: Outcome): string {
  if (item.kind === 'late') {
    const times = clock.jumps.map(({ at }) => at).join(', ')
    return `the loop never wakes at ${item.at}, but at ${times || 'no time at all'}`
  }
  const steps = item.kind === 'hold' ? [item.step, item.after] : [item.step]
  for (const step of item.kind === 'cancel' ? [`${item.path}#0`, ...steps] : steps) {
    const [, path = '', number = '0'] = /^(.*)#(\d+)/.exec(step) ?? []
    const lane = path === 'loop' ? queue.lanes.callbacks : queue.lanes.byPath(path)
    if (lane === undefined) {
      const there = queue.lanes.all.slice(0, 10).map((one) => one.path)
      return `there is no Task ${path}, but ${there.join(', ')}`
    }
    if (Number(number) > lane.steps) return `${path} takes ${lane.steps} ${lane.steps === 1 ? 'step' : 'steps'} only`
  }
  return item.kind === 'hold'
    ? 'the one is never ready before the other has ended'
    : 'it is never at that point, or done by then'
}

function firstDifference(first: readonly Happening[], second: readonly Happening[]): string | undefined {
  for (let n = 0; n < Math.max(first.length, second.length); n++) {
    const [one, other] = [first[n], second[n]].map(
      (happening) => happening && `at ${happening.time} ${taskNameOf(happening)} ${happening.text}`,
    )
    if (one !== other) return `first ${one ?? 'it is over'}, then ${other ?? 'it is over'} (event ${n + 1})`
  }
  return undefined
}

function taskNameOf({ task }: Happening): string {
  return (task as { getName(): string }).getName()
}

/** Some of the numbers below `total`, without repetition, in ascending order. */
function sample(total: number, count: number, random: () => number): number[] {
  if (count >= total) return Array.from({ length: total }, (_, n) => n)
  const picked = new Set<number>()
  while (picked.size < count) picked.add(Math.floor(random() * total))
  return [...picked].sort((a, b) => a - b)
}

function inQuotes(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
