// The search: the ordinary run twice, then attempts of each kind in turn, until one fails or the runs are used up.

import type { EventLoop, Task } from 'spindle'
import { hostClock, isError, nameOf } from 'spindle/internal'
import type { Caller, Exploration, ExploreOptions } from '../explore/options.ts'
import { ExplorationError, type Failure, OutOfTime, type Program } from '../explore/program.ts'
import { recordFailure } from '../failure-files.ts'
import type { Aborts } from '../host/aborts.ts'
import { installHostGlobals } from '../host/host-globals.ts'
import { isNode } from '../host/node.ts'
import { placeOfTask } from '../own-frames.ts'
import { abandonRun, Run } from '../run/explored-run.ts'
import { describeStep } from '../run/lanes.ts'
import { describeReal } from '../run/settle.ts'
import { seededRandom, seedOf } from '../schedule/random.ts'
import { formatSchedule, parseSchedule, type ScheduleItem } from '../schedule/schedule.ts'
import { callToReplay, checkApplied } from '../tell/replay.ts'
import { type Happening, IN_THE_ORDINARY_RUN, noteEvents, tell } from '../tell/tell.ts'
import { judge } from './judge.ts'
import { type Attempt, coverageOf, type Phase, phasesOf } from './phases.ts'
import { shrink } from './shrink.ts'
import { callWithin, haveHooksSurvived, inHostTurns, lineOfSpin, Stopped } from './stoppable.ts'

const DEFAULT_LATE_MS = 100
const DEFAULT_RUNS = 2_000
const DEFAULT_MAX_STEPS = 100_000
const DEFAULT_MAX_TIME_MS = 30_000
// To look closely at each step takes long, and all steps of an endless program are alike.
const ENDLESS_STEPS = 1_000
const BROKEN_HOOKS =
  '\nNode was in an async hook when it was stopped, and cannot enable or disable others in this process any more: ' +
  'tests that need AsyncLocalStorage or async_hooks may fail after this one'
// The phase `by chance` ends after this many runs that equal earlier ones; a new one makes up for some of them.
const MAX_REPEATS = 150
const NEW_COUNTS = 5
const AWAITED_TWICE = 'cannot reuse already awaited coroutine'
// The host gets a turn after this many ms, so that a test's time limit can end the exploration.
const TURN_MS = 50

/** What to note in a run, which is slow. */
interface Look {
  readonly happenings?: Happening[] | undefined
  readonly looksClosely?: boolean
  /** Called with the loop before anything happens. */
  readonly watch?: ((loop: EventLoop) => void) | undefined
}

export class Explorer<S, T> {
  readonly #program: Program<S, T>
  readonly #options: ExploreOptions<S, T>
  readonly #caller: Caller
  readonly #late: number
  readonly #seed: number
  // The Tasks that wait forever in the ordinary run.
  #waitingAnyway: ReadonlySet<string> = new Set()
  // The deadlines of the ordinary run, behind which other timers may be moved.
  #deadlines: readonly number[] | undefined
  #maxSteps: number
  // The first failure that does not count, because it needs a timer to take far longer than is written.
  #unlikely: string | undefined
  #runs = 0
  #turnEndsAt = 0
  // When the present turn is stopped, in real time.
  #deadline = Number.POSITIVE_INFINITY
  #phases: readonly Phase[] = []
  #endsAt: number

  constructor(program: Program<S, T>, options: ExploreOptions<S, T>, caller: Caller) {
    this.#program = program
    this.#options = options
    this.#caller = caller
    this.#endsAt = caller.endsAt ?? Number.POSITIVE_INFINITY
    this.#late = options.late ?? (options.times === 'written' ? 0 : DEFAULT_LATE_MS)
    this.#seed = options.seed ?? 1
    this.#maxSteps = options.maxSteps ?? DEFAULT_MAX_STEPS
  }

  /** Explores, and records the failure, if there is one. */
  async explore(): Promise<Exploration> {
    try {
      return await this.#inTurns(this.#explore())
    } catch (error) {
      if (!(error instanceof ExplorationError) || error.cause instanceof Stopped) throw error
      const items = error.replay === '' ? [] : parseSchedule(error.replay)
      const again = (watch?: (loop: EventLoop) => void): Promise<unknown> => this.#inTurns(this.#again(items, watch))
      const files = await recordFailure(error.message, again)
      // The failing run comes last, for tools that watch each new loop.
      if (files === undefined && items.length > 0) await again()
      if (files === undefined) throw error
      const told = `${error.message}\n\nrecording: ${files.recording}\npicture: ${files.picture}`
      throw new ExplorationError(told, error, error.cause, files)
    }
  }

  *#again(items: readonly ScheduleItem[], watch: Look['watch']): Generator<void, Run> {
    return this.#run({ items }, { watch })
  }

  #inTurns<R>(work: Generator<void, R>): Promise<R> {
    return inHostTurns(work, (turn) => {
      const restore = installHostGlobals()
      try {
        return this.#stoppable(turn)
      } finally {
        restore()
      }
    })
  }

  #stoppable<R>(turn: () => R): R {
    if (!isNode()) return turn()
    const ms = this.#options.maxTime ?? DEFAULT_MAX_TIME_MS
    this.#deadline = hostClock.time() + ms
    try {
      return callWithin(ms, turn)
    } catch (error) {
      throw error instanceof Stopped ? this.#spinError(error) : error
    } finally {
      this.#deadline = Number.POSITIVE_INFINITY
    }
  }

  #spinError(cause: Stopped): ExplorationError {
    const run = abandonRun()
    if (run === undefined) return this.#error('endless', [], `between two runs: ${cause.message}`, cause)
    const { queue, choices } = run
    const ms = Math.round(hostClock.time() - queue.lastBeganAt)
    this.#deadline = Number.POSITIVE_INFINITY
    const line = lineOfSpin(() => this.#run({ items: choices.made }))
    abandonRun()
    const task = queue.trace.at(-1)?.task
    const place = line ?? (task && placeOfTask(task))
    const where = place === undefined ? '' : `, at ${place}`
    const damage = haveHooksSurvived() ? '' : BROKEN_HOOKS
    return this.#error(
      'endless',
      choices.made,
      `the program does not end: ${cause.message}. Before that, ${describeStep(queue.currentStep)} had run for ${ms} ms${where}${damage}`,
      cause,
    )
  }

  *#explore(): Generator<void, Exploration> {
    const { replay, cancel = 'each', abort = 'each' } = this.#options
    const items = replay === undefined ? undefined : parseSchedule(replay)
    const { ordinary, aborts } = yield* this.#runTwice()
    if (items !== undefined) return yield* this.#replay(items)
    const { lanes } = ordinary.queue
    this.#phases = phasesOf({
      ordinary,
      cancel: isAsyncFunction(this.#program) && lanes.all.length === 1 ? 'never' : cancel, // it knows no cancellation
      abort,
      aborts,
      late: this.#late,
      variesTimes: this.#deadlines !== undefined,
      random: (index) => seededRandom(seedOf(this.#seed, index)),
    })
    yield* this.#search(this.#phases, ordinary)
    return { runs: this.#runs, covered: coverageOf(this.#phases), unlikely: this.#unlikely }
  }

  /** Takes an attempt of each kind in turn, and more of some. */
  *#search(phases: readonly Phase[], ordinary: Run): Generator<void, void> {
    const answers = new Map<Phase, Run>()
    const seen = new Set([ordinary.queue.hash])
    let repeats = 0
    const { signal, runs: limit = DEFAULT_RUNS } = this.#options
    const end = hostClock.time() + (this.#options.for ?? Number.POSITIVE_INFINITY)
    let open = ROUND.flatMap((name) => phases.filter((phase) => phase.name === name))
    while (open.length > 0 && this.#runs < limit) {
      const left: Phase[] = []
      for (const phase of open) {
        if (this.#runs >= limit) return
        const step = phase.attempts.next(answers.get(phase) as Run)
        if (step.done === true) continue
        left.push(phase)
        if (step.value === undefined) continue
        phase.tried++
        const outcome = this.#run(step.value)
        const failure = this.#failureOf(outcome)
        if (failure !== undefined && this.#isUnlikely(outcome)) yield* this.#noteUnlikely(outcome, failure)
        else if (failure !== undefined) throw yield* this.#fail(outcome, failure)
        answers.set(phase, outcome)
        const { hash } = outcome.queue
        outcome.isRepeat = seen.has(hash)
        repeats = outcome.isRepeat ? repeats + 1 : Math.max(0, repeats - NEW_COUNTS)
        seen.add(hash)
        const now = hostClock.time()
        if (now > end) return
        if (now > this.#turnEndsAt) {
          yield
          this.#turnEndsAt = hostClock.time() + TURN_MS
          if (signal?.aborted === true) throw this.#stoppedError(this.#runs, signal.reason)
        }
      }
      open = left
      if (repeats > MAX_REPEATS && open.length === 1 && this.#options.runs === undefined) return
    }
  }

  /**
   * The ordinary run, twice: everything else relies on both being the same. The second time, it is looked at closely.
   * @returns also the signals of the second one
   */
  *#runTwice(): Generator<void, { readonly ordinary: Run; readonly aborts: Aborts }> {
    const happenings: Happening[] = []
    const ordinary = this.#run({}, { happenings })
    const isOver = ordinary.failure !== undefined || ordinary.deadlock !== undefined
    if (!isOver) yield // otherwise what it waits for, such as an import(), might go on before it is named
    const outcome = isOver ? ordinary : this.#lookClosely(happenings)
    const failure = this.#failureOf(outcome)
    this.#waitingAnyway = new Set(outcome.waiting.map(({ path }) => path))
    if (failure !== undefined) {
      const happenings: Happening[] = []
      if (failure.kind === 'endless') this.#maxSteps = Math.min(this.#maxSteps, ENDLESS_STEPS)
      const again = this.#run({}, { happenings, looksClosely: true })
      this.#runs--
      const error = again.deadlock ?? failure.error
      throw this.#error(failure.kind, [], tell([], again, { ...failure, error }, happenings), error)
    }
    yield
    this.#noteTimes(ordinary)
    return { ordinary, aborts: outcome.host.aborts as Aborts }
  }

  /**
   * Two Tasks that await one coroutine object: only debug mode sees that. A file, a socket: only Node does.
   * @param before what has happened the first time
   */
  #lookClosely(before: readonly Happening[]): Run {
    const happenings: Happening[] = []
    const outcome = this.#run({}, { happenings, looksClosely: true, watch: (loop) => loop.setDebug(true) })
    const { failure, host } = outcome
    const error = isError(failure?.error) ? failure.error : undefined
    if (error?.message.includes(AWAITED_TWICE)) {
      throw this.#error('error', [], error.message + IN_THE_ORDINARY_RUN, error)
    }
    const { real } = host.waits ?? { real: [] }
    if (real.length > 0) throw this.#error('error', [], describeReal(real))
    const difference = firstDifference(before, happenings)
    if (difference !== undefined)
      throw this.#error('nondeterminism', [], `two ordinary runs differ: ${difference}.${KEEPS_STATE}`)
    if (outcome.isReported) outcome.failure = undefined // debug mode reports more than fails
    return outcome
  }

  #noteTimes({ queue, choices, host: { events } }: Run): void {
    if (this.#options.times === 'written' || choices.asked || choices.timers.length === 0) return
    this.#deadlines = [...new Set(choices.timers.map(({ deadline }) => deadline))].sort((a, b) => a - b)
    this.#maxSteps = Math.min(this.#maxSteps, (queue.executed + events) * 20 + 2_000)
  }

  #run({ items = [], random }: Attempt, { happenings, looksClosely = false, watch }: Look = {}): Run {
    this.#runs++
    const run = new Run({
      items,
      random,
      deadlines: this.#deadlines,
      late: this.#late,
      maxSteps: this.#maxSteps,
      deadline: this.#deadline,
      endsAt: this.#endsAt,
      looksClosely,
      watch: (begun) => {
        if (happenings !== undefined) noteEvents(begun, happenings, nameOf(this.#program))
        watch?.(begun.loop)
      },
    })
    run.execute(this.#program, this.#options)
    const { error } = run.failure ?? {}
    if (error instanceof OutOfTime) throw this.#stoppedError(this.#runs - 1, error)
    return run
  }

  #stoppedError(runs: number, cause: unknown): Error {
    const step = cause instanceof OutOfTime ? describeStep(cause.message) : ''
    const covered = coverageOf(this.#phases) || `the ordinary run was at ${step}`
    return new Error(`explore() was stopped after ${runs} runs: ${covered}`, { cause })
  }

  #failureOf(outcome: Run): Failure | undefined {
    return judge(outcome, this.#waitingAnyway, (items) => this.#run({ items }))
  }

  #isUnlikely({ choices }: Run): boolean {
    return this.#options.times !== 'any' && choices.unlikely !== undefined
  }

  /** Describes the first failure that needs a timer to take far longer than is written. */
  *#noteUnlikely(outcome: Run, failure: Failure): Generator<void, void> {
    if (this.#unlikely !== undefined) return
    const [runs, endsAt] = [this.#runs, this.#endsAt]
    this.#unlikely = (yield* this.#fail(outcome, failure)).message
    this.#runs = runs
    this.#endsAt = endsAt
  }

  *#fail(outcome: Run, failure: Failure): Generator<void, ExplorationError> {
    const found = this.#runs
    this.#endsAt = Number.POSITIVE_INFINITY // what was found is told
    const all = outcome.choices.made
    const fails = (items: readonly ScheduleItem[]): boolean =>
      this.#failureOf(this.#run({ items }))?.kind === failure.kind
    const items = fails(all) ? yield* shrink(all, fails) : all
    yield
    const happenings: Happening[] = []
    const again = this.#run({ items }, { happenings, looksClosely: true })
    const finding = this.#failureOf(again) ?? failure
    return this.#error(finding.kind, items, tell(items, again, finding, happenings), finding.error, found)
  }

  /** @param found the number of runs until it was found; later ones were to shrink it */
  #error(
    kind: ExplorationError['kind'],
    items: readonly ScheduleItem[],
    told: string | ReturnType<typeof tell>,
    cause?: unknown,
    found: number = this.#runs,
  ): ExplorationError {
    const replay = formatSchedule(items)
    const { summary, details } = typeof told === 'string' ? { summary: told, details: '' } : told
    const call = items.length === 0 ? '' : callToReplay(replay, this.#program, this.#options, this.#caller)
    const text = [summary, call, details].filter((part) => part !== '').join('\n\n')
    return new ExplorationError(text, { replay, kind, runs: { found, shrunk: this.#runs - found } }, cause)
  }

  *#replay(items: readonly ScheduleItem[]): Generator<void, Exploration> {
    const outcome = this.#run({ items })
    const failure = this.#failureOf(outcome)
    if (failure !== undefined) throw yield* this.#fail(outcome, failure)
    checkApplied(items, outcome)
    return { runs: this.#runs, covered: 'replay: 1 of 1', unlikely: undefined }
  }
}

// The kinds that have turns in each round: most bugs show where a Task is cancelled or a timer takes longer.
const ROUND = ['cancel', 'times', 'abort', 'cancel', 'times', 'abort', 'by chance']

const KEEPS_STATE =
  '\nLikely cause: the program keeps state from one run to the next, perhaps in a variable of a module'

function isAsyncFunction(program: unknown): boolean {
  return Object.prototype.toString.call(program) === '[object AsyncFunction]'
}

function firstDifference(first: readonly Happening[], closely: readonly Happening[]): string | undefined {
  const second = closely.filter(({ setAt }) => setAt === undefined) // the first time, no place was noted
  for (let n = 0; n < Math.max(first.length, second.length); n++) {
    const [one, other] = [first[n], second[n]].map(
      (happening) => happening && `at ${happening.time} ${(happening.task as Task).getName()} ${happening.text}`,
    )
    if (one !== other) return `first ${one ?? 'it is over'}, then ${other ?? 'it is over'} (event ${n + 1})`
  }
  return undefined
}
