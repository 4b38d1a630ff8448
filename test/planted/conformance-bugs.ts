// Bugs to plant: each one changes one place in the sources, as a typing mistake might. The proof must find every
// one.

import type { Bug } from './plant.ts'

const loop = 'packages/loop/src'
const task = 'packages/task/src'

export const bugs: readonly Bug[] = [
  // Order and turns
  {
    what: 'an iteration runs what becomes ready meanwhile, too',
    file: `${loop}/scheduling/ready-queue.ts`,
    find: '    this.#slots[tail] = ready\n    this.#tail = (tail + 1) & this.#mask\n',
    replace:
      '    if (this.length > 0) {\n      const head = (this.#head - 1) & this.#mask\n      this.#slots[head] = this.#slots[this.#head]\n      this.#slots[this.#head] = ready\n      this.#head = head\n      return\n    }\n    this.#slots[tail] = ready\n    this.#tail = (tail + 1) & this.#mask\n',
  },
  {
    what: 'timers of equal deadline fire in the order of the heap',
    file: `${loop}/scheduling/timer-heap.ts`,
    find: 'if (difference < 0 || (difference === 0 && isBefore(orders[other] as number, orders[least] as number)))',
    replace: 'if (difference < 0)',
  },
  {
    what: 'the ring of ready entries loses one when it grows',
    file: `${loop}/scheduling/ready-queue.ts`,
    find: '    this.#tail = length\n',
    replace: '    this.#tail = length - 1\n',
  },
  {
    what: 'those who wait are woken in the opposite order',
    file: `${loop}/futures/wake-list.ts`,
    find: 'for (const waiting of this.all()) waiting.wake(loop, future)',
    replace: 'for (const waiting of [...this.all()].reverse()) waiting.wake(loop, future)',
  },
  {
    what: 'a done callback takes one turn too many',
    file: `${loop}/scheduling/handle.ts`,
    find: '  wake(loop: EventLoop, _future: Future): void {\n    loop.schedule(this)\n',
    replace: '  wake(loop: EventLoop, _future: Future): void {\n    loop.callSoon(() => loop.schedule(this))\n',
  },
  {
    what: 'a Task is woken one turn too late',
    file: `${task}/tasks/task.ts`,
    find: '  wake(loop: EventLoop): void {\n    loop.schedule(this)\n',
    replace: '  wake(loop: EventLoop): void {\n    loop.callSoon(() => loop.schedule(this))\n',
  },
  {
    what: 'an eager Task starts in the next turn',
    file: `${task}/tasks/task.ts`,
    find: 'eagerStart && ambient.runningLoop === loop',
    replace: '!eagerStart && eagerStart',
  },
  {
    what: 'who made an eager Task is not the current one afterwards',
    file: `${task}/tasks/task.ts`,
    find: '      loop.currentTask = outerTask\n',
    replace: '',
  },
  // Cancelling
  {
    what: 'a CancelledError has no message',
    file: `${task}/tasks/task.ts`,
    find: 'thrown = cancelledErrorWithoutStack(this.cancelState?.message)',
    replace: 'thrown = cancelledErrorWithoutStack(undefined)',
  },
  {
    what: 'a Task that was woken by a cancelled gather gets the message of a later cancel',
    file: `${task}/tasks/task.ts`,
    find: '  return future.cancelled() || (future.hasException() && future.peekException() instanceof CancelledError)',
    replace: '  return future.cancelled()',
  },
  {
    what: 'uncancel does not take back what is still on its way',
    file: `${task}/tasks/cancellable-task.ts`,
    find: '    if (this.visibleRequests === 0) this.flags &= ~CANCEL_NEXT_STEP\n    this.getLoop()',
    replace: '    this.getLoop()',
  },
  {
    what: 'a Task that was cancelled in its last step has a result',
    file: `${task}/tasks/task.ts`,
    find: 'finish(result: T): void {\n    if ((this.flags & CANCEL_NEXT_STEP) !== 0) {',
    replace: 'finish(result: T): void {\n    if (Number.isNaN(this.flags)) {',
  },
  {
    what: 'the message of a cancelled Future stays after the first has asked',
    file: `${loop}/futures/future.ts`,
    find: '    this.outcome = undefined // as in asyncio',
    replace: '    // as in asyncio',
  },
  {
    what: 'a late cancel() of a gather marks its exception as seen',
    file: `${task}/combinators/gather.ts`,
    find: 'if (!this.#acceptsCancel()) return false',
    replace: 'if (!this.#acceptsCancel()) return super.cancel(message)',
  },
  // Exceptions that are never retrieved
  {
    what: 'result() does not count as having asked for the exception',
    file: `${loop}/futures/future.ts`,
    find: '      report.dismiss()\n',
    replace: '',
  },
  // Contexts
  {
    what: 'a Task shares the context of its maker',
    file: `${task}/tasks/task.ts`,
    find: 'options.context ?? currentContext().snapshot()',
    replace: 'options.context ?? currentContext()',
  },
  {
    what: 'a callback runs in the context of whoever ran before',
    file: `${loop}/scheduling/handle.ts`,
    find: '    ambient.context = this.getContext()',
    replace: '    this.getContext()',
  },
  {
    what: 'a token serves twice',
    file: `${loop}/context/context-var.ts`,
    find: '    this.#context = undefined\n  }\n\n  [Symbol.dispose]',
    replace: '  }\n\n  [Symbol.dispose]',
  },
  // gather, wait, waitFor, shield, asCompleted
  {
    what: 'gather of two sleep(0) makes one Task',
    file: `${task}/combinators/gather.ts`,
    find: "const isNew = typeof awaitable === 'function' || isShared(awaitable)",
    replace: "const isNew = typeof awaitable === 'function'",
  },
  {
    what: 'a cancelled gather that returns exceptions gives results',
    file: `${task}/combinators/gather.ts`,
    find: 'if (step.any) step.gather.#cancelRequested = true',
    replace: 'if (step.any) step.gather.#cancelRequested = false',
  },
  {
    what: 'a gather does not tell of children that are done already',
    file: `${task}/combinators/gather.ts`,
    find: 'if (!this.#returnExceptions) {',
    replace: 'if (!this.#returnExceptions && !child.cancelled()) {',
  },
  {
    what: 'wait for the first exception takes a result for one',
    file: `${task}/combinators/wait.ts`,
    find: '  if (!future.hasException()) return false\n',
    replace: '  if (future.cancelled()) return false\n  if (!future.hasException()) return true\n',
  },
  {
    what: 'wait goes on when one is left',
    file: `${task}/combinators/wait.ts`,
    find: 'this.#left <= 0 ||',
    replace: 'this.#left <= 1 ||',
  },
  {
    what: 'waitFor with 0 gives the Task a turn',
    file: `${task}/combinators/wait-for.ts`,
    find: 'delay !== undefined && delay <= 0',
    replace: 'delay !== undefined && delay < 0',
  },
  {
    what: 'a cancelled shield cancels what it shields',
    file: `${task}/combinators/shield.ts`,
    find: 'if (cancelled) this.#inner.removeDoneCallback(this.#onInnerDone)',
    replace: 'if (cancelled) this.#inner.cancel(message)',
  },
  {
    what: 'asCompleted gives them in the order of the list',
    file: `${task}/combinators/as-completed.ts`,
    find: '    this.#put(future)\n    if (this.#todo.size === 0)',
    replace:
      '    this.#put(this.#todo.size === 0 ? future : (this.#todo.values().next().value as Future))\n    if (this.#todo.size === 0)',
  },
  // timeout, taskGroup
  {
    what: 'a timeout does not take its own request back',
    file: `${task}/scopes/cancel-scope.ts`,
    find: '    this.#task.uncancel()\n',
    replace: '',
  },
  {
    what: 'a timeout swallows a cancel from elsewhere',
    file: `${task}/scopes/cancel-scope.ts`,
    find: 'return this.#task.visibleRequests <= this.#cancelling',
    replace: 'return true',
  },
  {
    what: 'a timeout takes a cancel that was on its way for an earlier one',
    file: `${task}/scopes/cancel-scope.ts`,
    find: 'task.visibleRequests - (task.cancelPending ? 1 : 0)',
    replace: 'task.visibleRequests',
  },
  {
    what: 'a timeout that is put off keeps its first timer',
    file: `${task}/scopes/timeout.ts`,
    find: '    this.#delay = undefined\n    this.#timer?.cancel()\n',
    replace: '    this.#delay = undefined\n',
  },
  {
    what: 'a group goes on when one of its Tasks fails',
    file: `${task}/scopes/task-group.ts`,
    find: 'if (!this.#aborting) this.#abortWithParent()\n  }\n\n  /** Throws the KeyboardInterrupt',
    replace: '}\n\n  /** Throws the KeyboardInterrupt',
  },
  {
    what: 'a group forgets the request it made of its parent',
    file: `${task}/scopes/task-group.ts`,
    find: '      if (this.#scope.end()) cancellation = undefined\n',
    replace: '      if (parent.visibleRequests === 1) cancellation = undefined\n',
  },
  {
    what: 'a group that failed loses a cancel from elsewhere',
    file: `${task}/scopes/task-group.ts`,
    find: '    if (parent.visibleRequests > 0) parent.redeliverCancel()\n',
    replace: '',
  },
  // Locks, semaphores, events, conditions, barriers
  {
    what: 'who was picked for a lock and is cancelled does not pass it on',
    file: `${task}/sync/lock.ts`,
    find: '    this.#lock.wakeNextWaiter()\n',
    replace: '',
  },
  {
    what: 'who comes while a lock is on its way overtakes',
    file: `${task}/sync/lock.ts`,
    find: 'return this.#locked || this.#waiters.hasLive',
    replace: 'return this.#locked',
  },
  {
    what: 'who was picked for a semaphore and is cancelled keeps the permit',
    file: `${task}/sync/semaphore.ts`,
    find: '    if (givesBack) this.#value++\n',
    replace: '',
  },
  {
    what: 'a waiter of a semaphore is forgotten when the one before is cancelled',
    file: `${task}/sync/semaphore.ts`,
    find: '    while (this.#value > 0 && this.#wakeNext());\n',
    replace: '',
  },
  {
    what: 'a bounded semaphore has no bound',
    file: `${task}/sync/semaphore.ts`,
    find: 'if (this.value >= this.#bound)',
    replace: 'if (this.value > this.#bound)',
  },
  {
    what: 'an event that is cleared at once wakes nobody',
    file: `${task}/sync/event.ts`,
    find: '    this.#isSet = true\n    this.#waiters.wakeAll()\n',
    replace: '    this.#isSet = true\n    queueMicrotask(() => this.#waiters.wakeAll())\n',
  },
  {
    what: 'who was notified and is cancelled keeps the notification',
    file: `${task}/sync/condition.ts`,
    find: '      this.#waiters.wakeNext()\n',
    replace: '',
  },
  {
    what: 'notify wakes one too many',
    file: `${task}/sync/condition.ts`,
    find: 'this.#waiters.wakeUpTo(count)',
    replace: 'this.#waiters.wakeUpTo(count + 1)',
  },
  {
    what: 'who is cancelled does not take the lock of its condition again',
    file: `${task}/sync/condition.ts`,
    find: '        cancelled = { error }\n',
    replace: '        throw error\n',
  },
  {
    what: 'who is cancelled at a barrier stays counted',
    file: `${task}/sync/barrier.ts`,
    find: '        this.#count--\n        this.#leave()\n',
    replace: "        if (this.#state !== 'filling') this.#count--\n        this.#leave()\n",
  },
  {
    what: 'a barrier lets those in who come while it empties',
    file: `${task}/sync/barrier.ts`,
    find: "this.#state !== 'draining' && this.#state !== 'resetting'",
    replace: "this.#state !== 'resetting'",
  },
  // Queues
  {
    what: 'an item wakes nobody when the getter picked for it is cancelled',
    file: `${task}/sync/queue.ts`,
    find: '    if (!this.empty()) this.#getters.popNext()\n',
    replace: '',
  },
  {
    what: 'room wakes nobody when the putter picked for it is cancelled',
    file: `${task}/sync/queue.ts`,
    find: '    if (!this.full()) this.#putters.popNext()\n',
    replace: '',
  },
  {
    what: 'a shutdown leaves those who wait for room',
    file: `${task}/sync/queue.ts`,
    find: '    while (this.#putters.length > 0) this.#putters.popNext()\n',
    replace: '',
  },
  {
    what: 'an immediate shutdown leaves those who join',
    file: `${task}/sync/queue.ts`,
    find: '    if (this.#unfinished === 0) this.#joiners.wakeAll()\n',
    replace: '',
  },
  {
    what: 'a queue that grows gets out of order',
    file: `${task}/sync/queue.ts`,
    find: '    this.#mask = this.#slots.length - 1\n    this.#head = 0\n',
    replace: '    this.#mask = this.#slots.length - 1\n',
  },
]
