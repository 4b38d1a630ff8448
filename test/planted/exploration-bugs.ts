// Bugs to plant in Spindle's own primitives: exploring test/bugs/primitives.ts must find each one. Mutants of all that
// schedules Tasks are made by `npm run plant mutate`.

import { bugsIn } from './bugs-in.ts'

const sync = 'packages/task/src/sync'
const scopes = 'packages/task/src/scopes'
const node = 'packages/node/src/streams'

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
    'a condition wakes one more than it was told to': ['    while (!result) {\n', '    if (!result) {\n'],
    'a condition does not take the lock again': ['        yield* this.#acquireAgain()\n', ''],
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
  [`${scopes}/task-group.ts`]: {
    'a group does not wait for its Tasks': ['    while (this.#tasks.size > 0) {\n', '    while (false as boolean) {\n'],
    'a group goes on with its block when a Task fails': [
      '    if (!this.#aborting) this.#abortWithParent()\n',
      '    if (!this.#aborting) this.#abort()\n',
    ],
    'a group takes the cancellation of its parent for its own': [
      '      if (this.#scope.end()) cancellation = undefined\n',
      '      this.#scope.end()\n      if (this.#scope !== undefined) cancellation = undefined\n',
    ],
  },
  [`${node}/stream-reader.ts`]: {
    'a reader that is cancelled while it reads to the end loses what it has': [
      '      this.buffer.prepend(blocks) // in asyncio it is lost\n',
      '',
    ],
  },
  [`${node}/read-buffer.ts`]: {
    'a reader is not woken by the end of its stream': [
      '    this.#hasEnded = true\n    this.#wakeUp()\n',
      '    this.#hasEnded = true\n',
    ],
    'a reader that has held its sender back does not let it go on': [
      '    this.#paused = false\n    this.transport?.resumeReading()\n',
      '    this.#paused = false\n',
    ],
    'a reader does not hold its sender back': ['    this.transport?.pauseReading()\n', ''],
  },
  [`${node}/stream-writer.ts`]: {
    'drain() does not wait for room': ['    if (this.transport.writableNeedDrain) yield* transport.drained()\n', ''],
    'drain() never waits': [
      '    return transport.isClosing || this.transport.writableNeedDrain || this.#isTurnDue()\n',
      '    return false\n',
    ],
    'a writer that is closed does not close its stream': [
      '    this.#isClosed = true\n    this.#transport.close()\n',
      '    this.#isClosed = true\n',
    ],
  },
})
