// Bugs to plant: each one changes one place in the primitives, as a typing mistake might. The storm must find every
// one.

import { bugsIn } from './bugs-in.ts'

const sync = 'packages/task/src/sync'

export const bugs = bugsIn({
  [`${sync}/lock.ts`]: {
    'a waiter that was picked and cancelled keeps the lock from the next': [
      '    if (!this.#locked) this.#waiters.wakeHead()\n',
      '',
    ],
    'a newcomer takes the lock before those who wait': [
      'return this.#locked || this.#waiters.hasLive',
      'return this.#locked',
    ],
    'a lock that was waited for is not taken': ['    this.#locked = true\n', ''],
    'releasing a lock wakes nobody': [
      'emitReleased(this, 1, this.#waiters)\n    this.#waiters.wakeHead()\n',
      'emitReleased(this, 1, this.#waiters)\n',
    ],
  },
  [`${sync}/semaphore.ts`]: {
    'the permit of a waiter that was picked and cancelled is lost': ['    if (picked) this.#value++\n', ''],
    'a newcomer takes a permit before those who wait': [
      'return this.#value === 0 || this.#waiters.hasLive',
      'return this.#value === 0',
    ],
    'a permit that is given back goes to nobody': ['    while (this.#value > 0 && this.#wakeNext());\n', ''],
    'a permit that is handed over is still counted as free': [
      '    if (picked) this.#value--\n    return picked\n',
      '    return picked\n',
    ],
  },
  [`${sync}/condition.ts`]: {
    'a notification of a Task that was cancelled is lost': [
      '      this.#waiters.wakeNext()\n      throw error\n',
      '      throw error\n',
    ],
    'a Task that is cancelled twice leaves wait() without the lock': [
      '        if (!(error instanceof CancelledError)) throw error\n        cancelled = { error }\n',
      '        throw error\n',
    ],
  },
  [`${sync}/barrier.ts`]: {
    'the last to leave a barrier does not open it again': [
      '        this.#count--\n        this.#leave()\n',
      '        this.#count--\n',
    ],
    'a Task that was cancelled is still counted at the barrier': [
      '        this.#count--\n        this.#leave()\n',
      '        if (this.#state !== "filling") this.#count--\n        this.#leave()\n',
    ],
  },
  [`${sync}/queue.ts`]: {
    'a getter that was picked and cancelled wakes no other': ['    if (!this.empty()) this.#getters.popNext()\n', ''],
    'a putter that was picked and cancelled wakes no other': ['    if (!this.full()) this.#putters.popNext()\n', ''],
    'a putter that was picked does not look whether there is still room': [
      '  override mustWaitAgain(): boolean {\n    return this.owner.mustWaitForRoom()\n',
      '  override mustWaitAgain(): boolean {\n    return false\n',
    ],
    'taking an item out wakes no putter': [
      "emitResource(this, 'got', this.#items.length)\n    this.#putters.popNext()\n",
      "emitResource(this, 'got', this.#items.length)\n",
    ],
    'an item is counted as unfinished twice': [
      '    this.#items.put(item)\n    this.#unfinished++\n',
      '    this.#items.put(item)\n    this.#unfinished += 2\n',
    ],
    'shutdown() leaves the putters waiting': ['    while (this.#putters.length > 0) this.#putters.popNext()\n', ''],
  },
  [`${sync}/lifo-queue.ts`]: {
    'the first of a queue is the last that was put': ['pop()', 'shift()'],
  },
  [`${sync}/waiters.ts`]: {
    'a cancelled waiter that has left is still counted as cancelled': [
      '    if (waiter.cancelled()) this.#cancelled--\n',
      '',
    ],
    'the search for the next waiter goes on from one that has left': [
      '    if (this.#scanned === waiter) this.#scanned = previous\n',
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
    'a race that is cancelled leaves its contestants running': [
      '      this.#giveUp(message)\n',
      '      return super.cancel(message)\n',
    ],
  },
  'packages/task/src/scopes/exit-stack.ts': {
    'a stack is not unwound when its block is cancelled': [
      '  outcome = yield* stack.unwind(outcome)\n',
      '  if (!isCancelled) outcome = yield* stack.unwind(outcome)\n',
    ],
  },
})
