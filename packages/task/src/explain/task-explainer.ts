import { CancelledError, type Future } from '@spindle/loop'
import { ambient, type Explainer, foldFrames, formatLocation, printable, repr, trace } from '@spindle/loop/internal'
import { coroutineName } from '../coroutines/coroutine-stack.ts'
import type { Task } from '../tasks/task.ts'
import { tasksBehind } from './awaited-by.ts'
import { bareCoroutines } from './bare-coroutines.ts'
import { findPlace, rethrown } from './call-site.ts'
import { cancelledWaits, TRACED } from './cancelled-waits.ts'
import { reportCutShort } from './cut-short.ts'
import { describeStuck, innermostOfUser } from './describe-stuck.ts'
import { ForeignStores } from './foreign-stores.ts'
import { placeInStack } from './place-in-stack.ts'
import { printStack } from './print-stack.ts'
import { SwallowWatch } from './swallow-watch.ts'
import { UNAWAITED_PROBE } from './unawaited.ts'
import { uncaughtCancellation } from './uncaught-cancellation.ts'

/**
 * Adds places to the errors of time limits and cancellations, and to reports of Tasks that keep a run from ending.
 * Every Task it receives belongs to this package.
 */
export const taskExplainer: Explainer = {
  unawaited: UNAWAITED_PROBE,
  debugModeBegins(loop) {
    bareCoroutines.watch()
    return new ForeignStores(loop)
  },

  coroutineName: (task) => coroutineName(task.getCoro()),
  tasksBehind,

  runBegins: (main) => uncaughtCancellation.watch(main as Task),
  leavesRun(main, error) {
    uncaughtCancellation.explain(main as Task, error)
    foldFrames(error)
  },
  runEnds: (main) => uncaughtCancellation.forget(main as Task),

  awaitsEnd(tasks) {
    const loop = tasks[0]?.getLoop()
    if (loop !== undefined) new SwallowWatch(loop, tasks)
  },

  traceOf(task) {
    return ((task as Task).cancelState?.traced ?? uncaughtCancellation.mayLeave(task as Task)) ? TRACED : undefined
  },

  cancelled: (future, message) => cancelledWaits.error(future, message),
  endedCancelled: (task) => uncaughtCancellation.note(task as Task),

  passes(error) {
    if (error instanceof CancelledError) reportCutShort(error, () => new Error().stack)
    trace.step?.passes(error)
    rethrown(error)
  },

  findPlace,
  describeWait,
  describeWaits,
  describeStuck,
  printStack,
}

function describeWait(error: CancelledError): string {
  const wait = cancelledWaits.of(error)
  if (wait === undefined) return ''
  const waited = placeInStack(error.stack)
  const name = waited === undefined ? 'it' : waited.name === '' ? 'the block' : `${waited.name}()`
  const current = ambient.runningLoop?.currentTask?.label
  const inTask = wait.task === undefined || wait.task === current ? '' : ` in task ${repr(wait.task)}`
  return `; ${name}${inTask} was waiting${waited === undefined ? '' : ` at ${waited.place}`} for ${printable(wait.label)}`
}

function describeWaits(tasks: Parameters<Explainer['describeWaits']>[0]): string[] {
  const listed = new Set<Future>(tasks)
  const standsForListed = (future: Future): boolean => listed.has(future) || [...future.members].some(standsForListed)
  return (tasks as readonly Task[])
    .filter(({ waitedFor }) => waitedFor === undefined || !standsForListed(waitedFor))
    .map((task) => {
      const at = innermostOfUser(task)
      const place = at === undefined ? `in task ${repr(task.getName())}` : `at ${formatLocation(at)}`
      return `${task.waitedFor === undefined ? 'a step' : printable(task.waitedFor.label)} ${place}`
    })
}
