import {
  allTasks,
  type Coroutine,
  DeadlockError,
  type EventLoop,
  type ExceptionContext,
  gather,
  newEventLoop,
  type Task,
  VirtualClock,
} from 'spindle'
import './constructs/index.ts'
import { Environment } from './environment.ts'
import type { Program } from './language.ts'
import type { Mode } from './mode.ts'
import { OUR_OWN_REPORTS } from './normalise.ts'

/** Runs a (numbered) program on Spindle and returns its trace. Counterpart: `run_program` in python/interpreter.py. */
export function runOnSpindle(program: Program, mode: Mode = {}): string[] {
  const started = start(program, mode)
  const { env, loop, main } = started
  try {
    env.trace.push(`main: ${env.show(loop.runUntilCompleteSync(main))}`)
  } catch (error) {
    env.trace.push(failure(error, env))
  }
  const left = cancelWhatIsLeft(loop)
  if (left !== undefined) {
    try {
      env.trace.push(`left over: ${env.show(loop.runUntilCompleteSync(left))}`)
    } catch (error) {
      env.trace.push(failure(error, env))
    }
  }
  return finish(started)
}

/**
 * The same, driven by the host. Not for programs that hang: the host notices that only when it has nothing else to do.
 */
export async function runOnSpindleByHost(program: Program): Promise<string[]> {
  const started = start(program, {})
  const { env, loop, main } = started
  try {
    env.trace.push(`main: ${env.show(await loop.runUntilComplete(main))}`)
  } catch (error) {
    env.trace.push(failure(error, env))
  }
  const left = cancelWhatIsLeft(loop)
  if (left !== undefined) {
    try {
      env.trace.push(`left over: ${env.show(await loop.runUntilComplete(left))}`)
    } catch (error) {
      env.trace.push(failure(error, env))
    }
  }
  return finish(started)
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

function cancelWhatIsLeft(loop: EventLoop): Coroutine<unknown> | undefined {
  const left = [...allTasks({ loop })]
  for (const task of left) task.cancel('left over')
  return left.length === 0 ? undefined : ended(left)
}

function finish({ env, loop, unseen }: Started): string[] {
  env.closed = true
  env.logStates()
  loop.close() // reports exceptions that were never retrieved
  return [...env.trace, ...unseen]
}

function failure(error: unknown, env: Environment): string {
  return error instanceof DeadlockError ? 'hangs' : `fails: ${env.show(error)}`
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
