import { allTasks, DeadlockError, type ExceptionContext, gather, newEventLoop, type Task, VirtualClock } from 'spindle'
import './constructs/index.ts'
import { Environment } from './environment.ts'
import type { Program } from './language.ts'
import type { Mode } from './mode.ts'
import { OUR_OWN_REPORTS } from './normalise.ts'

/** Runs a (numbered) program on Spindle and gives its trace. Its twin is `run_program` in python/interpreter.py. */
export function runOnSpindle(program: Program, mode: Mode = {}): string[] {
  const loop = newEventLoop({ clock: new VirtualClock(), debug: mode.debug ?? false })
  loop.slowCallbackDuration = Number.POSITIVE_INFINITY
  if (mode.observed) for (const event of EVENTS) loop.events.on(event, () => {})
  const env = new Environment(program, loop, mode.wrapped ?? false)
  const unseen: string[] = []
  loop.setExceptionHandler((_loop, context) => report(context, env, unseen))

  const main = loop.createTask(env.body(program.main, { op: 'main' }), { name: 'main' }) as Task
  env.set('main', main)
  env.cancelAt(0)
  env.trace.push(run(() => `main: ${env.show(loop.runUntilCompleteSync(main))}`, env))
  const left = [...allTasks(loop)]
  if (left.length > 0) {
    for (const task of left) task.cancel('left over')
    env.trace.push(run(() => `left over: ${env.show(loop.runUntilCompleteSync(ended(left)))}`, env))
  }
  env.closed = true
  env.logStates()
  loop.close()
  return [...env.trace, ...unseen]
}

const EVENTS = ['task:created', 'task:step', 'task:suspended', 'task:done', 'future:done', 'turn'] as const

function* ended(tasks: readonly Task[]) {
  return yield* gather(tasks, { returnExceptions: true })
}

function run(program: () => string, env: Environment): string {
  try {
    return program()
  } catch (error) {
    return error instanceof DeadlockError ? 'hangs' : `fails: ${env.show(error)}`
  }
}

function report(context: ExceptionContext, env: Environment, unseen: string[]): void {
  const exception = context.exception === undefined ? '' : ` ${env.show(context.exception)}`
  if (/was never retrieved$/.test(context.message)) unseen.push(`${context.message}:${exception}`)
  else if (!OUR_OWN_REPORTS.test(context.message)) {
    env.log(undefined, `reported ${context.message}:${exception}`)
  }
}
