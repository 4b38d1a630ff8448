// Bugs to plant: each one changes one place in the primitives, as a typing mistake might. The storm must find every
// one.

import { bugsIn } from './bugs-in.ts'

const sync = 'packages/task/src/sync'

export const bugs = bugsIn({
  [`${sync}/lock.ts`]: {
    'a lock that was waited for is not taken': ['    this.#locked = true\n', ''],
    'bpo-27585: a waiter that was picked and cancelled keeps the lock from the next': [
      '    if (!this.#locked) this.#waiters.wakeHead()\n',
      '',
      'test_locks.LockTests.test_cancel_race',
    ],
    'bpo-32734: a newcomer takes the lock before those who wait': [
      'return this.#locked || this.#waiters.hasLive',
      'return this.#locked',
      'test_locks.LockTests.test_cancel_release_race',
    ],
  },
  [`${sync}/semaphore.ts`]: {
    'gh-90155: the permit of a waiter that was picked and cancelled is lost': [
      '    if (picked) this.#value++\n',
      '',
      'test_locks.SemaphoreTests.test_acquire_no_hang',
    ],
    'gh-90155: a newcomer takes a permit before those who wait': [
      'return this.#value === 0 || this.#waiters.hasLive',
      'return this.#value === 0',
      'test_locks.SemaphoreTests.test_acquire_fifo_order_2',
    ],
    'gh-90155: a permit that is given back goes to nobody': [
      '    while (this.#value > 0 && this.#wakeNext());\n',
      '',
      'test_locks.SemaphoreTests.test_acquire_fifo_order_3',
    ],
  },
  [`${sync}/condition.ts`]: {
    'gh-112202: a notification of a Task that was cancelled is lost': [
      '      this.#waiters.wakeNext()\n      throw error\n',
      '      throw error\n',
      'test_locks.ConditionTests.test_cancelled_wakeup',
    ],
    'bpo-32841: a Task that is cancelled twice leaves wait() without the lock': [
      '        if (!(error instanceof CancelledError)) throw error\n        cancelled = { error }\n',
      '        throw error\n',
      'test_locks.ConditionTests.test_cancelled_wakeup_relock',
    ],
  },
  [`${sync}/barrier.ts`]: {
    'a Task that was cancelled is still counted at the barrier': [
      '        this.#count--\n        this.#leave()\n',
      '        if (this.#state !== "filling") this.#count--\n        this.#leave()\n',
    ],
  },
  [`${sync}/queue.ts`]: {
    'shutdown() leaves the putters waiting': ['    while (this.#putters.length > 0) this.#putters.popNext()\n', ''],
    'bpo-23812: a getter that was picked and cancelled wakes no other': [
      '    if (!this.empty()) this.#getters.popNext()\n',
      '',
      'test_queues.QueuePutTests.test_get_cancel_drop_many_pending_readers',
    ],
    'bpo-23812: a putter that was picked and cancelled wakes no other': [
      '    if (!this.full()) this.#putters.popNext()\n',
      '',
      'test_queues.QueuePutTests.test_put_cancel_drop',
    ],
  },
  [`${sync}/waiters.ts`]: {
    'the search for the next waiter goes on from one that has left': [
      '    if (this.#scanned === waiter) this.#scanned = previous\n',
      '',
    ],
    'a cancelled waiter that has left is still counted as cancelled': [
      '    if (waiter.cancelled()) this.#cancelled--\n',
      '',
    ],
    'a waiter that leaves takes the one behind it along': [
      '    else previous.following = following\n',
      '    else previous.following = following?.following\n',
    ],
  },
  'packages/task/src/tasks/cancellable-task.ts': {
    'a cancel that came while a block was uncancellable is swallowed': [
      'if (block.heldBack > 0) this.putOffCancel',
      'if (block.heldBack > 1) this.putOffCancel',
    ],
  },
  'packages/task/src/combinators/race.ts': {
    'a race does not wait for those that have lost': [
      '    if (this.#left === 0) this.#discards',
      '    if (!this.done() && (this.#left === 0 || this.#winner !== undefined)) this.#discards',
    ],
  },
  'packages/task/src/scopes/exit-stack.ts': {
    'a stack is not unwound when its block is cancelled': [
      '  outcome = yield* stack.unwind(outcome)\n',
      '  if (!isCancelled) outcome = yield* stack.unwind(outcome)\n',
    ],
  },
})
