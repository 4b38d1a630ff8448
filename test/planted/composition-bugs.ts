// Bugs to plant: what Spindle once lost, or told wrongly. The compositions must find every one.

import { bugsIn } from './bugs-in.ts'

export const bugs = bugsIn({
  'packages/task/src/scopes/call-future.ts': {
    'a Task that returns after a call that was cancelled is told cancelled': [
      '        task.putOffCancel(message)\n',
      '        task.redeliverCancel(message)\n',
    ],
    'work begins for a Task that was cancelled': [
      'return (ambient.runningLoop?.currentTask as Task | undefined)?.cancelPending === true',
      'return (ambient.runningLoop?.currentTask as Task | undefined)?.cancelPending === null',
    ],
  },
  'packages/task/src/tasks/task.ts': {
    'who passed a request on that was put off gets its own at once': [
      '    if (waiter?.isCancelPutOff && !endedCancelled(waiter)) this.putOffCancel(this.cancelState?.request?.message)\n',
      '',
    ],
  },
  'packages/task/src/combinators/gather.ts': {
    'a cancelled gather() loses what its calls have brought all the same': [
      'if (this.#cancelRequested && !this.#putOff(children)) return',
      'if (this.#cancelRequested) return',
    ],
  },
  'packages/task/src/combinators/gather-map.ts': {
    'a gatherMap() of one at a time loses its results in the turn in which the last block has ended': [
      'ended === started && rest.next().done',
      'ended === started && concurrency === Number.POSITIVE_INFINITY',
    ],
  },
  'packages/task/src/combinators/race.ts': {
    'a race leaves open what its losers bring': [
      '    if (succeeded(future) && !isFuture(source)) this.#discards.add(future.result(), source)\n',
      '',
    ],
  },
  'packages/task/src/scopes/discard.ts': {
    'a lock that a loser got in the turn of the decision stays locked': [
      '    if (isGuard(value)) return value[Symbol.dispose]()\n',
      '    if (isGuard(value)) return\n',
    ],
  },
  'packages/task/src/scopes/abort-signal.ts': {
    'withAbortSignal() aborts at the end of its block, not at the request': [
      '  task.enterTold(() => void Promise.resolve().then(() => controller.abort()))\n',
      '  task.enterTold(() => {})\n',
    ],
  },
  'packages/task/src/combinators/promised-steps.ts': {
    'a cancelled forEach() leaves its source open': [
      'onCancel: () => this.#closeAtOnce() }',
      'abandonOnCancel: true, onCancel: () => undefined }',
    ],
  },
  'packages/task/src/run/run.ts': {
    'a KeyboardInterrupt of main cuts off the clean-up of the other Tasks': [
      '    await closeLoop(loop, graceTime).catch(',
      "    await closeLoop(loop, (error as Error).name === 'KeyboardInterrupt' ? 0 : graceTime).catch(",
    ],
  },
  'packages/task/src/run/clean-up.ts': {
    'the done callbacks of a Task that ends in the last turn of main are not called': [
      '    yield nextIteration(loop)\n    yield nextIteration(loop)\n    const',
      '    const',
    ],
    'a run ends without the Tasks that its clean-up makes': [
      '    if (loop.tasks.size === 0 || left.some((task) => !task.done())) return\n',
      '    return\n',
    ],
  },
})
