// Bugs to plant: each one changes one place in the sources, as a typing mistake might. The proof must find every
// one.

import { type Bug, bugsIn } from './bugs-in.ts'
import { bugs as stormBugs } from './storm-bugs.ts'

const loop = 'packages/loop/src'
const task = 'packages/task/src'

const own = bugsIn({
  [`${loop}/scheduling/ring.ts`]: {
    'an iteration runs what becomes ready meanwhile, too': [
      '    this.#slots[tail] = item\n    this.#tail = (tail + 1) & this.#mask\n',
      '    if (this.length > 0) {\n      const head = (this.#head - 1) & this.#mask\n      this.#slots[head] = this.#slots[this.#head]\n      this.#slots[this.#head] = item\n      this.#head = head\n      return\n    }\n    this.#slots[tail] = item\n    this.#tail = (tail + 1) & this.#mask\n',
    ],
    'the ring of ready entries loses one when it grows': [
      'this.#tail = length + this.#head',
      'this.#tail = length + this.#head - 1',
    ],
  },
  [`${loop}/drivers/until-complete.ts`]: {
    'a KeyboardInterrupt out of main ends the run that awaits the clean-up of the other Tasks': [
      '        if (this.#isOver) return // scheduled in the last iteration of its run: it must not stop the next one\n',
      '',
    ],
  },
  [`${loop}/scheduling/timer-heap.ts`]: {
    'timers of equal deadline fire in the order of the heap': [
      'if (difference < 0 || (difference === 0 && isBefore(orders[other] as number, orders[least] as number)))',
      'if (difference < 0)',
    ],
  },
  [`${loop}/futures/wake-list.ts`]: {
    'those who wait are woken in the opposite order': [
      'for (const waiting of this.#waiting.values()) waiting.wake(loop, future)',
      'for (const waiting of [...this.all()].reverse()) waiting.wake(loop, future)',
    ],
  },
  [`${loop}/scheduling/handle.ts`]: {
    'a done callback takes one turn too many': [
      '  wake(loop: EventLoop, _future: Future): void {\n    loop.schedule(this)\n',
      '  wake(loop: EventLoop, _future: Future): void {\n    loop.callSoon(() => loop.schedule(this))\n',
    ],
    'a callback runs in the context of whoever ran before': [
      '    ambient.context = this.getContext()',
      '    this.getContext()',
    ],
  },
  [`${task}/tasks/task.ts`]: {
    'a Task is woken one turn too late': [
      '  wake(loop: EventLoop): void {\n    loop.schedule(this)\n',
      '  wake(loop: EventLoop): void {\n    loop.callSoon(() => loop.schedule(this))\n',
    ],
    'an eager Task starts in the next turn': [
      'eagerStart && ambient.runningLoop === loop',
      '!eagerStart && eagerStart',
    ],
    'who made an eager Task is not the current one afterwards': ['      loop.currentTask = outerTask\n', ''],
    'a CancelledError has no message': [
      'thrown = cancelledErrorWithoutStack(this.cancelState?.message)',
      'thrown = cancelledErrorWithoutStack(undefined)',
    ],
    'a Task that was woken by a cancelled gather gets the message of a later cancel': [
      '  return future.cancelled() || (future.hasException() && future.peekException() instanceof CancelledError)',
      '  return future.cancelled()',
    ],
    'a Task that was cancelled in its last step has a result': [
      'finish(result: T): void {\n    if (this.cancelPending && !this.isCancelPutOff) {',
      'finish(result: T): void {\n    if (Number.isNaN(this.flags)) {',
    ],
    'a Task shares the context of its maker': [
      'options.context ?? currentContext().snapshot()',
      'options.context ?? currentContext()',
    ],
  },
  [`${task}/tasks/cancellable-task.ts`]: {
    'uncancel does not take back what is still on its way': [
      '    if (this.visibleRequests === 0) this.flags &= ~CANCEL_NEXT_STEP\n    this.getLoop()',
      '    this.getLoop()',
    ],
  },
  [`${loop}/futures/future.ts`]: {
    'the message of a cancelled Future stays after the first has asked': [
      '    this.outcome = undefined // as in asyncio',
      '    // as in asyncio',
    ],
    'result() does not count as having asked for the exception': ['      report.dismiss()\n', ''],
  },
  [`${task}/combinators/gather.ts`]: {
    'a late cancel() of a gather marks its exception as seen': [
      'if (!this.#acceptsCancel()) return false',
      'if (!this.#acceptsCancel()) return super.cancel(message)',
    ],
    'gather of two sleep(0) makes one Task': [
      "typeof awaitable !== 'function' && !isShared(awaitable)",
      "typeof awaitable !== 'function'",
    ],
    'a cancelled gather that returns exceptions gives results': [
      'if (step.any) step.gather.#cancelRequested = true',
      'if (step.any) step.gather.#cancelRequested = false',
    ],
    'a gather does not tell of children that are done already': [
      'if (!this.#returnExceptions) {',
      'if (!this.#returnExceptions && !child.cancelled()) {',
    ],
  },
  [`${loop}/context/context-var.ts`]: {
    'a token serves twice': ['    this.#context = undefined\n  }\n\n  [Symbol.dispose]', '  }\n\n  [Symbol.dispose]'],
  },
  [`${task}/combinators/wait.ts`]: {
    'wait for the first exception takes a result for one': [
      '  if (!future.hasException()) return false\n',
      '  if (future.cancelled()) return false\n  if (!future.hasException()) return true\n',
    ],
    'wait goes on when one is left': ['this.#left <= 0 ||', 'this.#left <= 1 ||'],
  },
  [`${task}/combinators/wait-for.ts`]: {
    'waitFor with 0 gives the Task a turn': ['delay !== undefined && delay <= 0', 'delay !== undefined && delay < 0'],
  },
  [`${task}/combinators/shield.ts`]: {
    'a cancelled shield cancels what it shields': [
      'if (cancelled) this.#inner.removeWakeable(this.#watch)',
      'if (cancelled) this.#inner.cancel(message)',
    ],
  },
  [`${task}/combinators/as-completed.ts`]: {
    'asCompleted gives them in the order of the list': [
      '    this.#put(future)\n    if (this.#todo.size === 0)',
      '    this.#put(this.#todo.size === 0 ? future : (this.#todo.values().next().value as Future))\n    if (this.#todo.size === 0)',
    ],
  },
  [`${task}/scopes/cancel-scope.ts`]: {
    'a timeout does not take its own request back': ['    this.#task.uncancel()\n', ''],
    'a timeout swallows a cancel from elsewhere': [
      'return this.#task.visibleRequests <= this.#cancelling',
      'return true',
    ],
    'a timeout takes a cancel that was on its way for an earlier one': [
      'task.visibleRequests - (task.cancelPending ? 1 : 0)',
      'task.visibleRequests',
    ],
  },
  [`${task}/scopes/timeout.ts`]: {
    'a timeout that is put off keeps its first timer': [
      '    this.#delay = undefined\n    this.#timer?.cancel()\n',
      '    this.#delay = undefined\n',
    ],
  },
  [`${task}/scopes/task-group.ts`]: {
    'a group goes on when one of its Tasks fails': [
      'if (!this.#aborting) this.#abortWithParent()\n  }\n\n  /** Throws the KeyboardInterrupt',
      '}\n\n  /** Throws the KeyboardInterrupt',
    ],
    'a group forgets the request it made of its parent': [
      '      if (this.#scope.end()) cancellation = undefined\n',
      '      if (parent.visibleRequests === 1) cancellation = undefined\n',
    ],
    'a group that failed loses a cancel from elsewhere': [
      '    if (parent.visibleRequests > 0) parent.redeliverCancel()\n',
      '',
    ],
  },
  [`${task}/sync/semaphore.ts`]: {
    'a bounded semaphore has no bound': ['if (this.value >= this.#bound)', 'if (this.value > this.#bound)'],
  },
  [`${task}/sync/event.ts`]: {
    'an event that is cleared at once wakes nobody': [
      '    this.#isSet = true\n    this.#waiters.wakeAll()\n',
      '    this.#isSet = true\n    queueMicrotask(() => this.#waiters.wakeAll())\n',
    ],
  },
  [`${task}/sync/condition.ts`]: {
    'notify wakes one too many': ['this.#waiters.wakeUpTo(count)', 'this.#waiters.wakeUpTo(count + 1)'],
    'who is cancelled does not take the lock of its condition again': [
      '        cancelled = { error }\n',
      '        throw error\n',
    ],
  },
  [`${task}/sync/barrier.ts`]: {
    'a barrier lets those in who come while it empties': [
      "this.#state !== 'draining' && this.#state !== 'resetting'",
      "this.#state !== 'resetting'",
    ],
  },
  [`${task}/sync/queue.ts`]: {
    'an immediate shutdown leaves those who join': ['    if (this.#unfinished === 0) this.#joiners.wakeAll()\n', ''],
  },
})

const OF_THE_STORM = [
  'a waiter that was picked and cancelled keeps the lock from the next',
  'a newcomer takes the lock before those who wait',
  'the permit of a waiter that was picked and cancelled is lost',
  'a permit that is given back goes to nobody',
  'a notification of a Task that was cancelled is lost',
  'a Task that was cancelled is still counted at the barrier',
  'a getter that was picked and cancelled wakes no other',
  'a putter that was picked and cancelled wakes no other',
  'shutdown() leaves the putters waiting',
]

export const bugs: readonly Bug[] = [...own, ...stormBugs.filter(({ what }) => OF_THE_STORM.includes(what))]
