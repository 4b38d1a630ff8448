// Runs a program of the Lab in virtual time, with seeded random numbers, recorded, and within limits. Runs in the
// Worker of the sandbox, and in Node for the tests.

import { Recorder, type Recording, replay } from '@spindle/inspect'
import { getRunningLoop, type LoopTask, VirtualClock } from '@spindle/loop'
import { EventLoop } from '@spindle/loop/internal'
import { isCoroutine, newEventLoop, type Task } from '@spindle/task'
import * as testing from '@spindle/testing'
import * as spindle from 'spindle'
import type { Lines } from '../lessons/lesson.ts'
import { type AwaitPoint, compile, ProgramSyntaxError } from '../transform/index.ts'
import { type Frame, Frames } from './frames.ts'
import { judgeTools, type Print, runFacts } from './judge-tools.ts'
import { seededGlobals } from './seeded-globals.ts'
import { showAll } from './show-value.ts'
import { stackHere } from './stack-here.ts'

/** How many rounds a loop may take while its Task does not wait. */
const MAX_ROUNDS = 1_000_000
/** How many steps all Tasks together may take, and how many more for each Task. */
const MAX_STEPS = 20_000
const MAX_STEPS_OF_A_TASK = 5
const MAX_ROWS = 120_000
/**
 * How often the host checks for activity, in ms, and after how many checks without activity it assumes that nothing
 * will happen.
 */
const LOOK_EVERY = 50
const LOOKS_IN_VAIN = 10

/** Cancels the Task that waits at an await point, when it first does. */
export interface CancelAt {
  readonly function: string
  readonly nth: number
  /** 2: once more when it waits the next time, in its clean-up. */
  readonly times: 1 | 2
}

export interface RunRequest {
  readonly source: string
  readonly schedule: readonly CancelAt[]
  readonly seed: number
  /**
   * Code that judges the program, in the same scope, after it has run. With a judge, the recording is that of the
   * judge's last run.
   */
  readonly judge?: string | undefined
  /** The learner's lines of an exercise, from 1; all others are given. @default all are the learner's */
  readonly own?: Lines | undefined
}

export interface Failure {
  /** The kind of failure decides what the page says about it. */
  readonly kind: 'syntax' | 'error' | 'never-waits' | 'never-ends' | 'deadlock' | 'too-long'
  readonly message: string
  /** 0: unknown. */
  readonly line: number
  /** The message of the exception that the program ended with; '' if it depends on how the Lab runs the program. */
  readonly error?: string | undefined
}

export interface Verdict {
  readonly passed: boolean
  readonly message: string
}

export interface RunResult {
  readonly recording: Recording
  readonly awaits: readonly AwaitPoint[]
  /** Entries of the schedule at whose point no Task waited. */
  readonly missed?: readonly CancelAt[]
  readonly failure?: Failure | undefined
  readonly verdict?: Verdict | undefined
}

/** A program may move the clock itself, beyond a deadline that the loop has not reached yet. */
class LabClock extends VirtualClock {
  override advanceTo(when: number): void {
    if (when > this.time()) super.advanceTo(when)
  }
}

// Under another name, `eval` evaluates in the global scope. This is the sandbox: running programs is its purpose.
// biome-ignore lint/security/noGlobalEval: the same
const evaluate = eval

let watchLoop: ((loop: EventLoop, coroutine: unknown) => void) | undefined

/** `watch` is called with every new loop and its first Task, whichever function created the loop. */
function watchLoops(watch: (loop: EventLoop, coroutine: unknown) => void): void {
  const isHooked = watchLoop !== undefined
  watchLoop = watch
  if (isHooked) return
  const { createTask } = EventLoop.prototype
  EventLoop.prototype.createTask = function <T>(this: EventLoop, ...args: unknown[]) {
    watchLoop?.(this, args[0])
    return Reflect.apply(createTask, this, args) as LoopTask<T>
  }
}

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
  #reported = false
  #stopped: Stopped | undefined
  #judging = false
  #lastCancelLine = 0
  #loop: EventLoop | undefined
  /** The function that the Task being created runs. */
  #coroutine: unknown
  // What the judge sees of the last run, beside its recording.
  #prints: Print[] = []
  #coroutines: string[] = []
  readonly #names = new WeakMap<object, string>()
  readonly #waitingForSecond = new Set<object>()
  readonly #fired = new Set<CancelAt>()
  readonly #loops = new WeakSet<EventLoop>()

  constructor(request: RunRequest, report: (result: RunResult) => void) {
    this.#request = request
    this.#report = report
    this.#programLines = request.source.split('\n').length
    this.#recorder = this.#newRecorder()
  }

  start(): void {
    const { source, judge, seed, own } = this.#request
    let program: ReturnType<typeof compile>
    try {
      const whole = own === undefined ? source : withoutRepeatedImports(source)
      program = compile(judge === undefined ? whole : `${whole}\n;await __judging(async (lab) => {\n${judge}\n})`)
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
      __judging: this.#judge,
    }
    const names = [program.runtime, ...Object.keys(globals)]
    const code = `(async function(${names.join(',')}){"use strict";${program.code}\n})\n//# sourceURL=program.ts`
    let run: (...args: unknown[]) => Promise<void>
    try {
      run = evaluate(code)
    } catch (error) {
      return this.#end({ kind: 'syntax', message: (error as Error).message, line: 0 })
    }
    watchLoops((loop, coroutine) => {
      this.#coroutine = coroutine
      this.#tasks++
      this.#watch(loop)
      if (this.#request.judge !== undefined) this.#coroutines.push(this.#functionOf(coroutine) ?? '')
    })
    this.#lookForSilence()
    run(this.#runtime(), ...Object.values(globals)).then(
      () => this.#end(undefined),
      (error: unknown) => this.#end(this.#failure(error)),
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
      const { message, line } = describeDeadlock(this.#recorder.recording())
      this.#end({ kind: 'deadlock', message, line })
    }, LOOK_EVERY)
  }

  /** The object whose methods the inserted calls use. */
  #runtime(): object {
    return {
      named: (fn: { readonly name: string; readonly prototype: object }): void =>
        void this.#names.set(fn.prototype, fn.name),
      enter: (fn: number): Frame => {
        const task = this.#currentTask()
        const frame = this.#frames.enter(task, fn)
        if (task !== undefined && frame.stack.length === 1) this.#recorder.name(task, this.#frames.name(frame))
        return frame
      },
      leave: (frame: Frame): void => this.#frames.leave(frame),
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
      module: (name: string, wanted: readonly string[]) => this.#module(name, wanted),
      load: (name: string) => Promise.reject(this.#noModule(String(name))),
      meta: () => ({ url: 'lab:program.ts', main: true }),
    }
  }

  #watch(loop: EventLoop): void {
    if (this.#loops.has(loop)) return
    this.#loops.add(loop)
    this.#loop = loop
    if (this.#judging) {
      // Each run of the judge has a separate recording; the failing run is the last.
      this.#recorder = this.#newRecorder()
      this.#lastCancelLine = 0
      this.#prints = []
      this.#coroutines = []
    }
    loop.slowCallbackDuration = Number.POSITIVE_INFINITY // in virtual time, nothing takes time
    // The loop continues without a listener that throws; without this warning, the error would not show on the page.
    const { defaultExceptionHandler } = loop
    loop.defaultExceptionHandler = (context) => {
      const { message, exception } = context
      if (!message.includes('listener')) return defaultExceptionHandler.call(loop, context)
      if (exception instanceof Stopped) return
      const line = exception instanceof Error ? Math.min(lineOf(exception), this.#programLines) : 0
      const text = `a listener threw ${showAll([exception])}, and the loop went on without it: catch it in the listener`
      this.#add({ kind: 'warning', task: 0, text, line })
    }
    const { events } = loop
    events.on('task:step', () => {
      this.#rounds = 0
      const mostSteps = (this.#judging ? 50 : 1) * MAX_STEPS + MAX_STEPS_OF_A_TASK * this.#tasks
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
      // From here on the judge runs: it examines what the program left behind.
      const recorder = this.#recorder
      events.on('task:done', ({ task }) => {
        if (recorder.idOf(task) === 1) recorder.isStopped = true
      })
    }
    events.on('task:suspended', ({ task }) => this.#cancelHere(loop, task as Task<unknown>))
    events.on('task:cancelling', ({ task }) => {
      this.#lastCancelLine ||= this.#frames.positions(task).at(-1)?.line ?? 0
    })
  }

  /** Carries out the learner's "cancel here". */
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

  #module(name: string, wanted: readonly string[]): Record<string, unknown> {
    const own: Record<string, unknown> | undefined =
      name === 'spindle' || name === '@spindle/task' || name === '@spindle/loop'
        ? { ...spindle, ...this.#inVirtualTime() }
        : name === '@spindle/testing'
          ? { ...testing }
          : undefined
    if (own === undefined) throw this.#noModule(name)
    for (const export_ of wanted) {
      if (!(export_ in own)) {
        const advice = 'Look for a slip in the name, or remove it from the import'
        throw new SyntaxError(`'${name}' has no export named '${export_}'. ${advice}`)
      }
    }
    return own
  }

  #noModule(name: string): Error {
    const why =
      name.startsWith('node:') || name === 'spindle/node' || name === 'spindle/thread'
        ? 'it needs Node, and the Lab runs in a page. Run this program with npx tsx'
        : `it is not in the Lab. Programs here can import from 'spindle' and '@spindle/testing'`
    return new Error(`'${name}' cannot be imported: ${why}`)
  }

  #inVirtualTime(): Record<string, unknown> {
    const makeLoop = (options: object = {}): EventLoop => newEventLoop({ clock: new LabClock(), ...options })
    const withLoop = (options: object = {}): object => ({ loopFactory: makeLoop, ...options })
    return {
      newEventLoop: makeLoop,
      run: (main: never, options?: object) => spindle.run(main, withLoop(options)),
      runSync: (main: never, options?: object) => spindle.runSync(main, withLoop(options)),
      Runner: class Runner extends spindle.Runner {
        constructor(options?: object) {
          super(withLoop(options))
        }
      },
    }
  }

  /** Runs the judge's code in the scope of the program. */
  #judge = async (judge: (lab: object) => Promise<unknown>): Promise<void> => {
    const lab = judgeTools({
      begin: () => {
        this.#judging = true
      },
      facts: () => runFacts(this.#recorder.recording(), this.#prints, this.#coroutines),
      run: this.#inVirtualTime()['run'] as typeof spindle.run,
    })
    let verdict: Verdict
    try {
      verdict = { passed: true, message: String((await judge(lab)) ?? 'that is right') }
    } catch (error) {
      // The place reported by cancelEverywhere() is in the compiled program.
      const said = error instanceof Error ? error.message : String(error)
      const isExplored = error instanceof testing.ExplorationError
      // For a failing schedule, the sentence and the text to replay it; the picture shows the rest.
      const message = isExplored
        ? `${said.split('\n', 1)[0]} (${error.replay})`
        : said.replace(/\n\S+ was cancelled at .*/g, '')
      const line =
        this.#judging && this.#lastCancelLine > 0 && this.#lastCancelLine <= this.#programLines
          ? `; last await: line ${this.#lastCancelLine}`
          : ''
      verdict = { passed: false, message: message + line }
    }
    this.#finish({ recording: this.#recorder.recording(), awaits: this.#awaits, verdict })
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
        const isGiven = line < from || line > to
        this.#prints.push({ ...row, time: this.#time().time(), row: this.#recorder.length - 1, isGiven })
      }
    return {
      log: print('out'),
      info: print('out'),
      debug: print('out'),
      table: print('out'),
      warn: print('err'),
      error: print('err'),
      trace: print('err'),
    }
  }

  #newRecorder(): Recorder {
    return new Recorder({
      limit: Number.POSITIVE_INFINITY, // the run ends at MAX_ROWS
      where: {
        positions: (task) => this.#frames.positions(task),
        currentLine: () => this.#currentLine(),
        coroutineName: () => this.#coroutineName(),
      },
    })
  }

  #coroutineName(): string | undefined {
    const coroutine = this.#coroutine
    this.#coroutine = undefined
    return this.#functionOf(coroutine)
  }

  #functionOf(coroutine: unknown): string | undefined {
    if (typeof coroutine !== 'object' || coroutine === null) return undefined
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

  /** The current line, from the stack: line numbers are those of the learner's program. */
  #currentLine(): number {
    // The program's frame is below the functions of the Lab and of the loop.
    const line = lineOf({ stack: stackHere(30) })
    return line > this.#programLines ? 0 : line
  }

  #lineOfCurrent(): number {
    const task = this.#currentTask()
    return task === undefined ? 0 : (this.#frames.positions(task).at(-1)?.line ?? 0)
  }

  #failure(error: unknown): Failure {
    const message =
      error instanceof Error ? withAdvice(error) : `threw ${showAll([error])}. Throw an Error: it knows its line`
    if (error instanceof spindle.DeadlockError) {
      // At its end, run() cancels waiting Tasks, so only earlier rows count.
      const { rows, ...recording } = this.#recorder.recording()
      const end = rows.findIndex((row) => row.kind === 'cancelling' && row.source === 'run')
      return { kind: 'deadlock', ...describeDeadlock({ ...recording, rows: end === -1 ? rows : rows.slice(0, end) }) }
    }
    if (!(error instanceof Error)) return { kind: 'error', message, line: 0 }
    return {
      kind: 'error',
      message,
      line: Math.min(lineOf(error), this.#programLines),
      error: error instanceof TypeError ? '' : error.message,
    }
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
        ? { passed: false, message: `${failure.kind === 'error' ? 'the program ended with ' : ''}${failure.message}` }
        : undefined
    const missed = failure?.kind === 'syntax' ? [] : this.#request.schedule.filter((at) => !this.#fired.has(at))
    this.#finish({ recording: this.#recorder.recording(), awaits: this.#awaits, missed, failure, verdict })
  }

  #finish(result: RunResult): void {
    if (this.#reported) return
    this.#reported = true
    clearInterval(this.#looks)
    this.#report(result)
  }
}

// Messages of the engine and the loop for common mistakes, with advice.
const ADVICE: readonly (readonly [says: RegExp, advice: string])[] = [
  [/^Maximum call stack size exceeded/, 'The function calls itself without end: end the recursion, or use a loop'],
  [/^Invalid string length/, 'The text grows without end: limit its length'],
  [/^Invalid (typed )?array length|^Array buffer allocation failed/, 'There is not enough memory: use a smaller size'],
  [/^Invalid delay/, 'Pass the ms to wait, as a number'],
]

function withAdvice({ name, message }: Error): string {
  const missing = name === 'ReferenceError' ? /^(\w+) is not defined$/.exec(message)?.[1] : undefined
  const advice = missing === undefined ? ADVICE.find(([says]) => says.test(message))?.[1] : adviceOnName(missing)
  return `${message === '' ? name : `${name}: ${message}`}${advice === undefined ? '' : `. ${advice}`}`
}

function adviceOnName(name: string): string {
  if (name in spindle) return `Add it to the import: import { ${name} } from 'spindle'`
  if (name in testing) return `Add it to the import: import { ${name} } from '@spindle/testing'`
  if (OUTSIDE.has(name)) return 'Programs in the Lab have neither a page nor Node: they have console and time'
  return 'Look for a slip in the name, or declare it'
}

const OUTSIDE: ReadonlySet<string> = new Set([
  'document',
  'window',
  'alert',
  'localStorage',
  'require',
  'module',
  'Buffer',
])

/** Describes which Tasks wait for what at the end of a recording. */
function describeDeadlock(recording: Recording): { message: string; line: number } {
  const { tasks } = replay(recording).at(recording.rows.length - 1)
  const waiting = [...tasks.values()].filter(({ status }) => status === 'waiting')
  const first = waiting[0]
  if (first === undefined) return { message: 'it awaits a promise that nothing settles', line: 0 }
  const named = waiting.slice(0, 4).map(({ name, waitsFor, positions }) => {
    const what = tasks.get(waitsFor?.task ?? 0)?.name ?? waitsFor?.label
    const line = positions.at(-1)?.line ?? 0
    return `${name} waits for ${what}${line > 0 ? ` at line ${line}` : ''}`
  })
  if (waiting.length > named.length) named.push(`and ${waiting.length - named.length} more Tasks wait`)
  const whom = waiting.length === 1 ? 'it' : 'one of them'
  return {
    message: `nothing is left that could wake ${whom}: ${named.join('; ')}`,
    line: first.positions.at(-1)?.line ?? 0,
  }
}

/** The given lines of an exercise may import a name that the learner imports, too. */
function withoutRepeatedImports(source: string): string {
  const seen = new Set<string>()
  return source.replace(
    /^(import \{)([^}]*)(\} from ['"]spindle['"])/gm,
    (_, begin: string, names: string, end: string) => {
      const kept = names.split(',').filter((name) => {
        const local = name.trim().replace(/^.* /s, '')
        return !seen.has(local) && seen.add(local)
      })
      return `${begin}${kept.join(',')}${'\n'.repeat(names.split('\n').length - kept.join(',').split('\n').length)}${end}`
    },
  )
}

function lineOf(error: { readonly stack?: string | undefined }): number {
  return Number(/[( ]program\.ts:(\d+)/.exec(error.stack ?? '')?.[1] ?? 0)
}
