import {
  type Awaitable,
  allTasks,
  type Coroutine,
  DeadlockError,
  type EventLoop,
  type ExceptionContext,
  type Future,
  gather,
  newEventLoop,
  Runner,
  type Task,
} from 'spindle'
import { isFuture, VirtualClock } from 'spindle/more'
import './constructs/index.ts'
import { Environment } from './environment.ts'
import type { Program } from './language.ts'
import type { Mode } from './mode.ts'
import { OUR_OWN_REPORTS } from './normalise.ts'

/** Runs a (numbered) program on Spindle and returns its trace. Counterpart: `run_program` in python/interpreter.py. */
export function runOnSpindle(program: Program, mode: Mode = {}): string[] {
  const started = start(program, mode)
  for (const { name, blocking } of phases(started)) {
    try {
      started.env.trace.push(`${name}: ${started.env.show(blocking())}`)
    } catch (error) {
      started.env.trace.push(failure(name, error, started.env))
    }
  }
  return finish(started)
}

/**
 * Runs a program on the host. Not for programs that hang: the host notices that only when it has nothing else to do.
 */
export async function runOnSpindleByHost(program: Program): Promise<string[]> {
  const started = start(program, {})
  for (const { name, byHost } of phases(started)) {
    try {
      started.env.trace.push(`${name}: ${started.env.show(await byHost())}`)
    } catch (error) {
      started.env.trace.push(failure(name, error, started.env))
    }
  }
  return finish(started)
}

/** One run of the loop, in both ways. */
interface Phase {
  readonly name: string
  blocking(): unknown
  byHost(): Promise<unknown>
}

function* phases({ env, loop, main }: Started): Generator<Phase, void, undefined> {
  const until = (name: string, awaited: () => Awaitable<unknown>): Phase => ({
    name,
    blocking: () => loop.runUntilCompleteSync(awaited()),
    byHost: async () => await loop.runUntilComplete(awaited()),
  })
  yield until('main', () => main)
  for (const run of env.program.runs ?? []) {
    if ('forever' in run) {
      loop.callLater(run.forever, () => loop.stop())
      yield { name: 'forever', blocking: () => loop.runForeverSync(), byHost: () => loop.runForever() }
    } else if ('statements' in run) yield until('run', () => env.body(run.statements, { op: 'run' }))
    else if (isFuture(env.find(run.awaited))) yield until('awaited', () => env.getAs<Future>(run.awaited))
  }
  if (env.program.closes) {
    const runner = new Runner({ loopFactory: () => loop })
    runner.getLoop()
    yield { name: 'closed', blocking: () => runner.closeSync(), byHost: () => runner.close() }
  } else {
    const left = [...allTasks({ loop })]
    for (const task of left) task.cancel('left over')
    if (left.length > 0) yield until('left over', () => ended(left))
  }
}

interface Started {
  readonly env: Environment
  readonly loop: EventLoop
  readonly main: Task
  readonly unseen: readonly string[]
}

function start(program: Program, mode: Mode): Started {
  const loop = newEventLoop({ clock: new VirtualClock(), debug: mode.debug ?? false })
  loop.slowCallbackDuration = Number.POSITIVE_INFINITY
  if (mode.observed) for (const event of EVENTS) loop.events.on(event, () => {})
  const env = new Environment(program, loop, mode.wrapped ?? false)
  const unseen: string[] = []
  loop.setExceptionHandler((_loop, context) => report(context, env, unseen))
  const main = loop.createTask(env.body(program.main, { op: 'main' }), { name: 'main' }) as Task
  env.set('main', main)
  env.cancelAt(0)
  return { env, loop, main, unseen }
}

function finish({ env, loop, unseen }: Started): string[] {
  env.closed = true
  env.logStates()
  loop.close() // reports exceptions that were never retrieved
  return [...env.trace, ...unseen]
}

function failure(name: string, error: unknown, env: Environment): string {
  return `${name} ${error instanceof DeadlockError ? 'hangs' : `fails: ${env.show(error)}`}`
}

const EVENTS = ['task:created', 'task:step', 'task:suspended', 'task:done', 'future:done', 'turn'] as const

function* ended(tasks: readonly Task[]): Coroutine<unknown> {
  return yield* gather(tasks, { returnExceptions: true })
}

function report(context: ExceptionContext, env: Environment, unseen: string[]): void {
  const exception = context.exception === undefined ? '' : ` ${env.show(context.exception)}`
  if (/was never retrieved$/.test(context.message)) unseen.push(`${context.message}:${exception}`)
  else if (!OUR_OWN_REPORTS.test(context.message)) {
    env.log(undefined, `reported ${context.message}:${exception}`)
  }
}
