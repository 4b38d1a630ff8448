// The state of the page: the program, the run, and the position of the cursor. Everything on screen is computed from
// it.

import { batch, computed, effect, type ReadonlySignal, signal } from '@preact/signals'
import type { Recording } from '@spindle/inspect'
import { momentOf, printed, truth } from '../lessons/judge-prediction.ts'
import { type Lesson, type Lines, ownRange, wholeProgram } from '../lessons/lesson.ts'
import type { CancelAt, RunResult, Verdict } from '../sandbox/run-request.ts'
import type { Sandbox } from '../sandbox/sandbox.ts'
import type { Trial } from '../sandbox/trial.ts'
import type { AwaitPoint } from '../transform/index.ts'
import { asTest, asTrial } from './copy-as-test.ts'
import type { PlaygroundProgram } from './programs.ts'
import { addPassed, readAttempt, readPassed, writeAttempt } from './progress.ts'
import { RunView } from './run-view.ts'
import { sameCode } from './same-code.ts'
import { decodeLink, encodeLink, PLAYGROUND, type Shared } from './share-link.ts'

const NOTHING: Recording = { version: 1, rows: [] }

export class LabState extends RunView {
  readonly lessons: readonly Lesson[]
  readonly programs: readonly PlaygroundProgram[]
  readonly #sandbox: Sandbox

  /** The name of the lesson, or `playground`. */
  readonly place = signal('')
  readonly source = signal('')
  readonly schedule = signal<readonly CancelAt[]>([])
  readonly result = signal<RunResult | undefined>(undefined)
  /** The run of the program as it was when it could last be parsed. */
  override readonly recording = signal<Recording>(NOTHING)
  /** Whether the program cannot be parsed: then that run is shown. */
  readonly isOutdated = computed(() => this.result.value?.failure?.kind === 'syntax')
  /** Whether the program has changed since the run that is shown, and its new run is in progress. */
  readonly running = signal(false)
  /** Settled once there is something to draw. */
  readonly afterFirstRun = new Promise<void>((resolve) => {
    const stop = this.result.subscribe((result) => {
      if (result === undefined) return
      resolve()
      queueMicrotask(() => stop())
    })
  })
  readonly prediction = signal<string | undefined>(undefined)
  /** Whether the learner has answered, or has chosen to see the run at once. */
  readonly revealed = signal(false)
  /** In an exercise the editor holds the learner's attempt, and the judge decides. */
  readonly exercising = signal(false)
  readonly verdict = signal<(Verdict & { readonly hasRun?: boolean }) | undefined>(undefined)
  readonly judging = signal(false)
  /** Which schedules were tried last, if the program has not changed since. `verdict` says how it went. */
  readonly trial = signal<Trial | undefined>(undefined)
  readonly teaching = signal(false)
  readonly pictureHidden = signal(false)
  readonly notice = signal('')
  readonly welcome = signal(false)
  /** The verdict on the learner's guess, once the run has reached that moment. It stays while the program changes. */
  readonly outcome = signal<{ readonly guess: string | undefined; readonly truth: string } | undefined>(undefined)
  readonly sawSolution = signal(false)
  /** The lines that "begin again" or the solution has replaced. */
  readonly setAside = signal<string | undefined>(undefined)
  /** Whether these are the lines of the solution that was shown: the tick is for an answer of one's own. */
  readonly isShownSolution = computed(
    () => this.sawSolution.value && sameCode(this.#ownLines(), this.lesson.value?.exercise.solution ?? ''),
  )
  /** The names of the lessons that are passed. */
  readonly done = signal<ReadonlySet<string>>(readPassed())

  readonly lesson: ReadonlySignal<Lesson | undefined> = computed(() =>
    this.lessons.find(({ name }) => name === this.place.value),
  )
  /** The learner's lines, in an exercise. All others are given and cannot be edited. */
  readonly own: ReadonlySignal<Lines | undefined> = computed(() => {
    const exercise = this.exercising.value ? this.lesson.value?.exercise : undefined
    return exercise && ownRange(exercise, this.source.value)
  })
  #toEnd = true
  readonly awaits = signal<readonly AwaitPoint[]>([])
  /** Whether the run is that of the lesson: the learner has neither changed the program nor cancelled anything. */
  readonly isAsTaught = computed(
    () =>
      !this.exercising.value && this.source.value === this.lesson.value?.program && this.schedule.value.length === 0,
  )
  constructor(lessons: readonly Lesson[], programs: readonly PlaygroundProgram[], sandbox: Sandbox) {
    super()
    this.lessons = lessons
    this.place.value = lessons[0]!.name
    this.programs = programs
    this.#sandbox = sandbox
  }

  /** @param place the name of a lesson, or `playground` */
  open(place: string): void {
    batch(() => this.#open(place))
    void this.run()
  }

  #open(place: string): void {
    this.place.value = place
    const { lesson } = this
    this.pause()
    this.welcome.value = false
    this.exercising.value = false
    this.revealed.value = lesson.value === undefined
    this.prediction.value = undefined
    this.outcome.value = undefined
    this.verdict.value = undefined
    this.trial.value = undefined
    this.compared.value = undefined
    this.trueTime.value = lesson.value?.trueTime === true
    this.focused.value = 0
    this.schedule.value = []
    this.stop.value = 0
    this.#toEnd = lesson.value === undefined // the run of a lesson is played from its beginning
    this.notice.value = ''
    this.result.value = undefined
    this.recording.value = NOTHING
    this.source.value = lesson.value?.program ?? this.programs[0]?.source ?? ''
  }

  /** Each later run is compared with this one. */
  readonly compared = signal<Recording | undefined>(undefined)

  openProgram(index: number): void {
    this.schedule.value = []
    this.#toEnd = true
    this.edit(this.programs[index]?.source ?? '')
  }

  edit(source: string): void {
    this.source.value = source
    this.verdict.value = undefined
    this.trial.value = undefined
    this.#keepAttempt()
    void this.run()
  }

  /** Runs the program and shows the run. Resolves to false if another run has taken its place. */
  async run(): Promise<boolean> {
    this.running.value = true
    this.judging.value = false // ends a judge that is still running
    const source = this.source.value
    const schedule = this.schedule.value
    const result = await this.#sandbox.run({ source, schedule, seed: 1, own: this.own.value })
    if (result === undefined) return false
    this.running.value = false
    this.#show(result)
    // A program that currently does not parse keeps its points, because it will probably parse again in a moment.
    if (result.failure?.kind !== 'syntax') this.awaits.value = result.awaits
    return true
  }

  async tryAll(explore: Trial): Promise<void> {
    batch(() => {
      this.trial.value = explore
      this.verdict.value = undefined
      this.schedule.value = []
      this.judging.value = true
      this.running.value = false
    })
    const result = await this.#sandbox.run({ source: this.source.value, schedule: [], seed: 1, explore })
    if (result === undefined) return
    if (this.#tell(result)) return void (await this.run())
    this.#toEnd = true
    this.#show(result)
  }

  async check(): Promise<void> {
    const { exercise, name } = this.lesson.value!
    const source = this.source.value
    const own = this.own.value
    if (own === undefined) {
      const message =
        'some of the given lines differ from those of the exercise. Go back to the program, and begin again'
      this.verdict.value = { passed: false, message }
      return
    }
    this.running.value = false // the judge's run takes its place
    this.judging.value = true
    const result = await this.#sandbox.run({ source, schedule: [], seed: 1, judge: exercise.judge, own })
    if (result === undefined) return
    if (this.#tell(result)) {
      if (!this.isShownSolution.value) this.done.value = addPassed(name)
      await this.run()
    } else if (result.recording.rows.length > 0) {
      this.#show(result)
      this.seek(Number.MAX_SAFE_INTEGER)
    }
  }

  #tell({ verdict, failure, recording }: RunResult): boolean {
    this.judging.value = false
    const { passed, message } = verdict ?? { passed: false, message: failure?.message ?? 'nothing was tried' }
    this.verdict.value = { passed, message, hasRun: recording.rows.length > 0 }
    return passed
  }

  startExercise(): void {
    const { exercise, name } = this.lesson.value!
    const attempt = readAttempt(name)
    this.#exercise(attempt?.own ?? exercise.start, attempt?.sawSolution ?? false)
  }

  /** Puts the first lines of the exercise in place of the learner's, which can be brought back. */
  beginAgain(): void {
    this.#replaceOwn(this.lesson.value!.exercise.start)
  }

  /** Puts the solution in place of the learner's lines, which can be brought back. */
  showSolution(): void {
    this.sawSolution.value = true
    this.#replaceOwn(this.lesson.value!.exercise.solution)
  }

  bringBack(): void {
    this.#replaceOwn(this.setAside.value!)
  }

  #replaceOwn(own: string): void {
    const { start, solution } = this.lesson.value!.exercise
    const before = this.#ownLines()
    this.#exercise(own, this.sawSolution.value)
    if (before !== start && before !== solution) this.setAside.value = before
  }

  #exercise(own: string, sawSolution: boolean): void {
    this.pause()
    batch(() => {
      this.exercising.value = true
      this.revealed.value = true
      this.sawSolution.value = sawSolution
      this.setAside.value = undefined
      this.schedule.value = []
      this.#toEnd = true
      this.edit(wholeProgram(this.lesson.value!.exercise, own))
    })
  }

  #ownLines(): string {
    const { from, to } = this.own.value ?? { from: 1, to: 0 }
    return this.source.value
      .split('\n')
      .slice(from - 1, to)
      .join('\n')
  }

  #keepAttempt(): void {
    if (this.own.value === undefined) return
    writeAttempt(this.place.value, { own: this.#ownLines(), sawSolution: this.sawSolution.value })
  }

  backToProgram(): void {
    this.exercising.value = false
    this.schedule.value = []
    this.edit(this.lesson.value!.program)
  }

  predict(answer: string | undefined): void {
    batch(() => {
      this.prediction.value = answer
      this.revealed.value = true
      this.seek(0)
    })
    this.play()
  }

  cancelHere(point: AwaitPoint, times: 0 | 1 | 2): void {
    const others = this.schedule.value.filter((at) => at.function !== point.function || at.nth !== point.nth)
    this.schedule.value = times === 0 ? others : [...others, { function: point.function, nth: point.nth, times }]
    this.revealed.value = true
    this.trial.value = undefined
    this.#toEnd = true
    void this.run()
  }

  /** A run that is played stops at the moment that decides about the guess. */
  protected override move(stop: number): boolean {
    const wasDecided = this.outcome.value !== undefined
    super.move(stop)
    this.#decide()
    return wasDecided || this.outcome.value === undefined || this.prediction.value === undefined
  }

  /** The guess is judged when the run comes to the moment that confirms or refutes it. */
  #decide(): void {
    const lesson = this.lesson.value
    const { recording } = this.result.value ?? {}
    if (lesson === undefined || recording === undefined || this.outcome.value !== undefined || !this.revealed.value)
      return
    if (!this.isAsTaught.value) return
    const guess = this.prediction.value
    const row = guess === undefined ? Number.POSITIVE_INFINITY : momentOf(lesson.prediction, guess, recording)
    if (this.isAtEnd.value || this.row.value >= row)
      this.outcome.value = { guess, truth: truth(lesson.prediction, recording) }
  }

  /** The state that has an entry in the history. */
  entry(): string {
    return this.welcome.value ? '' : this.place.value
  }

  /** The state on screen, for a link; undefined on the opening page. */
  shared(): Shared | undefined {
    if (this.welcome.value) return undefined
    const exercise = this.exercising.value || undefined
    const own = exercise ? undefined : this.lesson.value?.program
    return {
      lesson: this.place.value,
      exercise,
      source: this.source.value === own ? undefined : this.source.value,
      bug: exercise ? undefined : this.programs.find(({ source }) => source === this.source.value)?.bug,
      schedule: this.schedule.value,
      trial: this.trial.value,
      // Usually at the end; a run that was not shown yet has no place.
      cursor: !this.revealed.value || this.isAtEnd.value ? undefined : this.stop.value,
    }
  }

  link(): Promise<string> {
    return encodeLink(this.shared())
  }

  /**
   * The program as a Vitest test. The test does not include "cancel here", so its expected output comes from a run
   * without it.
   */
  async test(): Promise<string> {
    const source = this.source.value
    const name = this.lesson.value?.title ?? 'the program'
    const trial = this.trial.value
    if (trial !== undefined) return asTrial(source, trial, name)
    const shown = this.result.value
    const isAsShown = this.schedule.value.length === 0 && !this.running.value && !this.judging.value
    const result = isAsShown ? shown : await this.#sandbox.run({ source, schedule: [], seed: 1 })
    if (this.running.value || this.judging.value) void this.run() // the run for the test replaced that one
    return asTest(source, printed(result?.recording ?? NOTHING), name, result?.failure?.error)
  }

  /** Shows the state of a link. Shows something in any case. */
  async follow(fragment: string): Promise<void> {
    const first = this.lessons[0]!.name
    if (fragment === '' || fragment === '#') {
      this.open(first)
      this.welcome.value = true
      return
    }
    try {
      const { lesson, schedule, cursor, exercise, trial, ...shared } = await decodeLink(fragment)
      const famous = this.programs.find(({ bug }) => bug === lesson)
      const source = famous?.source ?? shared.source
      const exists = lesson === PLAYGROUND || this.lessons.some(({ name }) => name === lesson)
      this.open(famous !== undefined ? PLAYGROUND : exists ? lesson : first)
      if (famous === undefined && !exists)
        this.notice.value = `There is no lesson and no bug “${lesson}”. This is the first lesson.`
      if (exercise === true && this.lesson.value !== undefined) this.startExercise()
      if (source === undefined && schedule.length === 0 && cursor === undefined && trial === undefined) return
      this.schedule.value = schedule
      this.revealed.value = true
      this.source.value = source ?? this.source.value
      if (trial !== undefined) await this.tryAll(trial)
      else if (!(await this.run())) return
      this.seek(cursor ?? Number.MAX_SAFE_INTEGER)
    } catch (error) {
      this.open(first)
      this.notice.value = (error as Error).message
    }
  }

  /** Calls `changed` when the state that a link would contain has changed. */
  onChange(changed: () => void): () => void {
    return effect(() => {
      void [this.source.value, this.schedule.value, this.stop.value, this.place.value, this.exercising.value]
      void this.trial.value
      void this.welcome.value
      if (this.playing.value) return
      changed()
    })
  }

  #show(result: RunResult): void {
    // A new program is first shown completely. A run without any row has ended where it began.
    const wasAtEnd = this.#toEnd || (this.result.value !== undefined && this.isAtEnd.value)
    const isParsed = result.failure?.kind !== 'syntax'
    batch(() => {
      this.result.value = result
      if (isParsed) this.recording.value = result.recording
    })
    if (!isParsed || (!this.#toEnd && !this.revealed.value)) return
    this.#toEnd = false
    if (this.playing.value) return
    this.seek(wasAtEnd ? Number.MAX_SAFE_INTEGER : this.stop.value)
  }
}
