// Runs a program of the Lab in virtual time, with seeded random numbers, recorded, and within limits. Runs in the
// Worker of the sandbox, and in Node for the tests.

import { type Position, Recorder, type Recording, type Row } from '@spindle/inspect'
import { getRunningLoop, onNewLoop } from '@spindle/loop'
import type { EventLoop } from '@spindle/loop/internal'
import { isCoroutine, newEventLoop, type Task } from '@spindle/task'
import * as testing from '@spindle/testing'
import type * as spindle from 'spindle'
import type { Lines } from '../lessons/lesson.ts'
import { type AwaitPoint, compile, ProgramSyntaxError } from '../transform/index.ts'
import { describeDeadlock, type Failure, failureOf, lineOf } from './failure.ts'
import { type Frame, Frames } from './frames.ts'
import { givenTools, parted } from './given.ts'
import { isOfJudge, judgeTools, type Print, runFacts } from './judge-tools.ts'
import { importModule, inVirtualTime, LabClock, noModule, withoutRepeatedImports } from './modules.ts'
import type { CancelAt, RunRequest, RunResult, Verdict } from './run-request.ts'
import { seededGlobals } from './seeded-globals.ts'
import { showAll } from './show-value.ts'
import { stackHere } from './stack-here.ts'
import type { Trial } from './trial.ts'
import { exploreProgram } from './try-schedules.ts'

const MAX_ROUNDS = 1_000_000
/** How many steps all Tasks together may take, and how many more for each Task. */
const MAX_STEPS = 10_000
const MAX_STEPS_OF_A_TASK = 5
const MAX_ROWS = 120_000
/**
 * How often the host checks for activity, in ms, and after how many checks without activity it assumes that nothing
 * will happen.
 */
const LOOK_EVERY = 50
const LOOKS_IN_VAIN = 10

// Under another name, `eval` evaluates in the global scope. This is the sandbox: running programs is its purpose.
// biome-ignore lint/security/noGlobalEval: the same
const evaluate = eval

/** Stops the program. Each further `yield*` and round of a loop throws it again, so that no `catch` can stop it. */
class Stopped extends Error {
  override readonly name = 'Stopped'
}

/**
 * Runs the program. @param report called exactly once, as soon as the result is known, possibly from inside an endless
 * loop
 */
export function runProgram(request: RunRequest, report: (result: RunResult) => void): void {
  new ProgramRun(request, report).start()
}

class ProgramRun {
  readonly #request: RunRequest
  readonly #report: (result: RunResult) => void
  readonly #frames = new Frames()
  #recorder: Recorder
  #awaits: readonly AwaitPoint[] = []
  #programLines: number
  #rounds = 0
  #steps = 0
  #tasks = 0
  #looks: ReturnType<typeof setInterval> | undefined
  #unwatch = (): void => {}
  #reported = false
  #stopped: Stopped | undefined
  #judging = false
  /** How often the judge has run the program. */
  #runs = 0
  /** Where the learner's lines were first cancelled in this run: "visit was cancelled at line 16". */
  #cancelled = ''
  /** The first function of the learner that the first Task has called in this run. */
  #entered = ''
  #loop: EventLoop | undefined
  // The judge's facts about the last run, beside its recording.
  #prints: Print[] = []
  #coroutines: string[] = []
  readonly #names = new WeakMap<object, string>()
  readonly #waitingForSecond = new Set<object>()
  readonly #fired = new Set<CancelAt>()

  constructor(request: RunRequest, report: (result: RunResult) => void) {
    this.#request = request
    this.#report = report
    this.#programLines = request.source.split('\n').length
    this.#recorder = this.#newRecorder()
  }

  start(): void {
    const { source, judge, seed, own } = this.#request
    const judging = `judging${Math.random().toString(36).slice(2)}` // a name that the program does not know
    const given = `given${judging}`
    const whole = own === undefined ? source : withoutRepeatedImports(source)
    let program: ReturnType<typeof compile>
    try {
      program = compile(judge === undefined ? whole : `${whole}\n;await ${judging}(async (lab) => {\n${judge}\n})`)
    } catch (error) {
      if (!(error instanceof ProgramSyntaxError)) throw error
      const advice = error.message.includes("'await' outside") ? '. In a function*, write yield* instead of await' : ''
      return this.#end({ kind: 'syntax', message: error.message + advice, line: error.line })
    }
    this.#awaits = program.awaits.filter(({ line }) => line <= this.#programLines)
    this.#frames.of(program)
    const globals = {
      ...seededGlobals(seed, () => this.#time()),
      console: this.#console(),
      process: undefined,
      [judging]: this.#judge,
    }
    const names = [program.runtime, ...Object.keys(globals)].join(',')
    const parts = own === undefined || judge === undefined ? undefined : parted(whole, program, own, given, names)
    const code = `(async (${names}, ${given}) => {"use strict";${parts?.given ?? program.code}\n})\n//# sourceURL=program.ts`
    let run: (...args: unknown[]) => Promise<void>
    let tools: object | undefined
    try {
      run = evaluate(code)
      if (parts !== undefined) {
        const runOwn = evaluate(parts.own)
        const values = Object.values(globals)
        tools = givenTools(
          () => this.#runs,
          (scope) => runOwn(scope, this.#runtime(), ...values),
        )
      }
    } catch (error) {
      return this.#end({ kind: 'syntax', message: (error as Error).message, line: 0 })
    }
    this.#unwatch = onNewLoop((loop) => this.#watch(loop))
    this.#lookForSilence()
    if (this.#request.explore !== undefined) {
      void this.#explore(this.#request.explore, (importFrom) => {
        const fresh = { ...globals, ...seededGlobals(seed, () => this.#time()) }
        void run({ ...this.#runtime(), module: importFrom }, ...Object.values({ ...fresh, console: globals.console }))
      })
      return
    }
    run(this.#runtime(), ...Object.values(globals), tools).then(
      () => this.#end(undefined),
      (error: unknown) =>
        this.#end(failureOf(error, this.#recorder.recording(), this.#programLines, this.#judgedLines)),
    )
  }

  /**
   * Time is virtual, and nothing from outside reaches the sandbox: a program that does nothing for a while waits
   * forever.
   */
  #lookForSilence(): void {
    let before = -1
    let inVain = 0
    this.#looks = setInterval(() => {
      const now = this.#recorder.length + this.#steps + this.#rounds
      inVain = now === before ? inVain + 1 : 0
      before = now
      if (inVain < LOOKS_IN_VAIN) return
      const { message, line } = describeDeadlock(this.#recorder.recording(), this.#judgedLines)
      this.#end({ kind: 'deadlock', message, line })
    }, LOOK_EVERY)
  }

  /** The lines of an answer that is judged. */
  get #judgedLines(): Lines | undefined {
    const { judge, own } = this.#request
    return judge === undefined ? undefined : own
  }

  #runtime(): object {
    return {
      named: (fn: { readonly name: string; readonly prototype: object }): void =>
        void this.#names.set(fn.prototype, fn.name),
      enter: (fn: number): Frame => {
        const task = this.#currentTask()
        const frame = this.#frames.enter(task, fn)
        if (task !== undefined && frame.stack.length === 1) this.#recorder.name(task, this.#frames.name(frame))
        if (this.#entered === '' && task !== undefined && this.#recorder.idOf(task) === 1) {
          const { from, to } = this.#request.own ?? { from: 0, to: 0 }
          const line = this.#frames.line(frame)
          if (line >= from && line <= to) this.#entered = this.#frames.name(frame)
        }
        return frame
      },
      leave: (frame: Frame): void => {
        const [task, name] = [this.#recorder.idOf(this.#currentTask()), this.#frames.name(frame)]
        for (const made of this.#frames.leave(frame))
          this.#add({ kind: 'left', task, function: name, made: this.#recorder.idOf(made) })
      },
      at: <T>(frame: Frame, point: number, value: T): T => {
        if (this.#stopped !== undefined) throw this.#stopped
        this.#frames.at(frame, point)
        return value
      },
      entered: (frame: Frame, what: 'catch' | 'finally', line: number): void => {
        this.#add({
          kind: what === 'catch' ? 'caught' : 'finally',
          task: this.#recorder.idOf(this.#currentTask()),
          function: this.#frames.name(frame),
          line,
        })
      },
      unused: <T>(line: number, value: T): T => {
        if (isCoroutine(value)) {
          const task = this.#recorder.idOf(this.#currentTask())
          const text = `this call does nothing: it creates a coroutine, and nothing awaits it. ${
            task > 0 ? 'Write yield* in front of it' : 'Outside of coroutines, pass it to run(): await run(main())'
          }`
          this.#add({ kind: 'warning', task, text, line })
        }
        return value
      },
      tick: (line: number): void => {
        if (this.#stopped !== undefined) throw this.#stopped
        if (++this.#rounds > MAX_ROUNDS)
          this.#stop('never-waits', 'this loop never waits, so nothing else can run: let it end, or wait in it', line)
      },
      module: (name: string, wanted: readonly string[]) => importModule(name, wanted),
      load: (name: string) => Promise.reject(noModule(String(name))),
      meta: () => ({ url: 'lab:program.ts', main: true }),
    }
  }

  #watch(loop: EventLoop): void {
    this.#loop = loop
    if (this.#judging) {
      // Each run of the judge has a separate recording; the failing run is the last.
      this.#recorder = this.#newRecorder()
      this.#cancelled = ''
      this.#entered = ''
      this.#prints = []
      this.#coroutines = []
    }
    loop.slowCallbackDuration = Number.POSITIVE_INFINITY // in virtual time, nothing takes time
    // The loop continues after a listener or callback that throws; without this warning, the page would not show it.
    const { defaultExceptionHandler } = loop
    loop.defaultExceptionHandler = (context) => {
      const { message, exception } = context
      const thrower = /listener|callback/.exec(message)?.[0]
      if (thrower === undefined) return defaultExceptionHandler.call(loop, context)
      if (exception instanceof Stopped) return
      const line = exception instanceof Error ? Math.min(lineOf(exception), this.#programLines) : 0
      const text = `a ${thrower} threw ${showAll([exception])}, and the loop continued: catch the error in the ${thrower}`
      this.#add({ kind: 'warning', task: 0, text, line })
    }
    const { events } = loop
    events.on('task:created', ({ task }) => {
      this.#tasks++
      this.#frames.current(this.#currentTask())?.made.push(task as Task)
      if (this.#request.judge !== undefined) this.#coroutines.push(this.#functionOf(task as Task) ?? '')
    })
    events.on('task:step', () => {
      this.#rounds = 0
      const mostSteps = (this.#judging ? 100 : 1) * MAX_STEPS + MAX_STEPS_OF_A_TASK * this.#tasks
      if (++this.#steps > mostSteps || this.#recorder.length > MAX_ROWS) {
        this.#stop(
          'never-ends',
          `the Tasks have taken ${this.#steps - 1} steps, and there is no end in sight: let the loop end, or do less`,
          this.#lineOfCurrent(),
        )
      }
    })
    this.#recorder.watch(loop)
    if (this.#judging) {
      // From here on the judge runs: it examines the leftovers of the program.
      const recorder = this.#recorder
      events.on('task:done', ({ task }) => {
        if (recorder.idOf(task) === 1) recorder.isStopped = true
      })
    }
    events.on('task:suspended', ({ task }) => this.#cancelHere(loop, task as Task<unknown>))
    events.on('task:cancelling', ({ task, message = '' }) => {
      if (isOfJudge(message)) this.#cancelled ||= this.#whereCancelled(this.#frames.positions(task))
    })
  }

  #cancelHere(loop: EventLoop, task: Task<unknown>): void {
    if (this.#judging) return
    const cancel = (): void => {
      loop.callSoon(() => {
        this.#recorder.canceller = 'you'
        task.cancel()
        this.#recorder.canceller = undefined
      })
    }
    if (this.#waitingForSecond.delete(task)) cancel()
    for (const cancelAt of this.#request.schedule) {
      if (this.#fired.has(cancelAt)) continue
      const point = this.#awaits.find(({ function: name, nth }) => name === cancelAt.function && nth === cancelAt.nth)
      if (point === undefined || !this.#frames.waitsAt(task, point.id)) continue
      this.#fired.add(cancelAt)
      if (cancelAt.times === 2) this.#waitingForSecond.add(task)
      cancel()
    }
  }

  #judge = async (judge: (lab: object) => Promise<unknown>): Promise<void> => {
    const lab = judgeTools({
      begin: () => {
        this.#judging = true
        this.#runs++
      },
      facts: () => runFacts(this.#recorder.recording(), this.#prints, this.#coroutines),
      run: inVirtualTime()['run'] as typeof spindle.run,
    })
    let verdict: Verdict
    try {
      verdict = { passed: true, message: String((await judge(lab)) ?? 'that is right') }
    } catch (error) {
      verdict = { passed: false, message: this.#refusal(error) }
    }
    this.#finish({ recording: this.#judgedRecording(), awaits: this.#awaits, verdict })
  }

  /** The last run of the judge. Its first Task has the name of the learner's function, and the judge has none. */
  #judgedRecording(): Recording {
    const { rows, ...rest } = this.#recorder.recording()
    const judges = rows.flatMap((row) => (row.kind === 'created' && row.name === 'explore()' ? [row.task] : []))
    const isJudges = (row: Row): boolean =>
      ('task' in row && judges.includes(row.task)) ||
      ((row.kind === 'caught' || row.kind === 'finally') && row.line > this.#programLines)
    const theirs = rows.filter((row) => !isJudges(row))
    const named = theirs.map((row) =>
      row.kind === 'created' && row.task === 1 && this.#entered !== '' ? { ...row, name: this.#entered } : row,
    )
    return { ...rest, rows: named }
  }

  /** Why the judge refuses, with the learner's function and line if the run was cancelled. */
  #refusal(error: unknown): string {
    const failed = error instanceof testing.ExplorationError ? error.cause : error
    const isOfProgram = !(error instanceof testing.ExplorationError) || /^(?:check|error)$/.test(error.kind)
    const whole = failed instanceof Error ? failed.message : String(failed)
    const message = isOfProgram ? whole : (error.message.split('\n', 1)[0] ?? '')
    return this.#judging && this.#cancelled !== '' ? `${this.#cancelled}: ${message}` : message
  }

  #whereCancelled(positions: readonly Position[]): string {
    const { from, to } = this.#request.own ?? { from: 1, to: this.#programLines }
    const at = positions.findLastIndex(({ line }) => line >= from && line <= to)
    if (at === -1) return ''
    const isNamed = ({ function: name }: Position): boolean => name !== '' && name !== 'anonymous'
    const name = positions.slice(0, at + 1).findLast(isNamed)?.function ?? 'it'
    const inner = positions.slice(at + 1).find(isNamed)
    return `${name} was cancelled at line ${positions[at]!.line}${inner === undefined ? '' : `, in ${inner.function}`}`
  }

  async #explore(trial: Trial, evaluateProgram: Parameters<typeof exploreProgram>[1]): Promise<void> {
    this.#judging = true
    const { error, ...verdict } = await exploreProgram(trial, evaluateProgram)
    const failure = error === undefined ? undefined : failureOf(error, this.#recorder.recording(), this.#programLines)
    this.#finish({ recording: this.#recorder.recording(), awaits: this.#awaits, failure, verdict })
  }

  #console(): object {
    const print =
      (stream: 'out' | 'err') =>
      (...values: unknown[]): void => {
        const row = {
          kind: 'print',
          task: this.#recorder.idOf(this.#currentTask()),
          text: showAll(values),
          stream,
        } as const
        this.#add(row)
        if (this.#request.judge === undefined || this.#recorder.isStopped) return
        const { from, to } = this.#request.own ?? { from: 1, to: this.#programLines }
        const line = lineOf({ stack: stackHere(30) })
        const isGiven = line > 0 && (line < from || line > to)
        this.#prints.push({ ...row, time: this.#time().time(), row: this.#recorder.length - 1, isGiven })
      }
    return Object.freeze({
      log: print('out'),
      info: print('out'),
      debug: print('out'),
      table: print('out'),
      warn: print('err'),
      error: print('err'),
      trace: print('err'),
    })
  }

  #newRecorder(): Recorder {
    return new Recorder({
      maxRows: Number.POSITIVE_INFINITY, // the run ends at MAX_ROWS
      where: {
        positions: (task) => this.#frames.positions(task),
        currentLine: () => this.#currentLine(),
        coroutineName: (task) => this.#functionOf(task as Task),
      },
    })
  }

  #functionOf(task: Task): string | undefined {
    const coroutine = task.getCoro()
    return this.#names.get(Object.getPrototypeOf(coroutine)) ?? /^<coroutine (\w+)/.exec(String(coroutine))?.[1]
  }

  #add(row: Parameters<Recorder['add']>[0]): void {
    this.#recorder.add(row)
    if (this.#recorder.length > MAX_ROWS)
      this.#stop('never-ends', 'it takes more steps than the Lab can record: use fewer', this.#lineOfCurrent())
  }

  #currentTask(): object | undefined {
    try {
      return getRunningLoop().currentTask
    } catch {
      return undefined
    }
  }

  #time(): { time(): number; callLater(delay: number, callback: () => void): { cancel(): void } } {
    this.#loop ??= newEventLoop({ clock: new LabClock() })
    return this.#loop
  }

  /** The current line of the learner's program, from the stack. */
  #currentLine(): number {
    // The program's frame is below the functions of the Lab and of the loop.
    const line = lineOf({ stack: stackHere(30) })
    return line > this.#programLines ? 0 : line
  }

  #lineOfCurrent(): number {
    const task = this.#currentTask()
    return task === undefined ? 0 : (this.#frames.positions(task).at(-1)?.line ?? 0)
  }

  #stop(kind: Failure['kind'], message: string, line: number): never {
    this.#end({ kind, message, line })
    // Listeners cannot end a program by throwing: its next `yield*` or round of a loop does.
    this.#stopped = new Stopped(message)
    throw this.#stopped
  }

  #end(failure: Failure | undefined): void {
    if (failure !== undefined && failure.kind !== 'syntax') {
      this.#recorder.add({ kind: 'ended', text: failure.message, line: failure.line })
    }
    const verdict =
      this.#request.judge !== undefined && failure !== undefined
        ? {
            passed: false,
            message: `${failure.kind === 'error' ? 'the program ended with ' : ''}${failure.message}`,
          }
        : undefined
    const missed = failure?.kind === 'syntax' ? [] : this.#request.schedule.filter((at) => !this.#fired.has(at))
    const { rows, ...rest } = this.#recorder.recording()
    // A deadlock is where a run stops: run() then cancels what is left, which is shown only if it prints.
    const end = rows.findIndex(({ kind }) => kind === 'ended') + 1
    const stops = failure?.kind === 'deadlock' && !rows.slice(end).some(({ kind }) => kind === 'print')
    const recording = { ...rest, rows: stops ? rows.slice(0, end) : rows }
    this.#finish({ recording, awaits: this.#awaits, missed, failure, verdict })
  }

  #finish(result: RunResult): void {
    if (this.#reported) return
    this.#reported = true
    clearInterval(this.#looks)
    this.#unwatch()
    this.#report(result)
  }
}
