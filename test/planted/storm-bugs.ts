// Bugs to plant: each one changes one place in the primitives, as a typing mistake might. The storm must find every
// one.

import type { Bug } from './plant.ts'

const sync = 'packages/task/src/sync'

export const bugs: readonly Bug[] = [
  {
    what: 'a waiter that was picked and cancelled keeps the lock from the next',
    file: `${sync}/lock.ts`,
    find: '    if (!this.#locked) this.#waiters.wakeHead()\n',
    replace: '',
  },
  {
    what: 'a newcomer takes the lock before those who wait',
    file: `${sync}/lock.ts`,
    find: 'return this.#locked || this.#waiters.hasLive',
    replace: 'return this.#locked',
  },
  {
    what: 'a lock that was waited for is not taken',
    file: `${sync}/lock.ts`,
    find: '    this.#locked = true\n',
    replace: '',
  },
  {
    what: 'releasing a lock wakes nobody',
    file: `${sync}/lock.ts`,
    find: 'emitReleased(this, 1, this.#waiters)\n    this.#waiters.wakeHead()\n',
    replace: 'emitReleased(this, 1, this.#waiters)\n',
  },
  {
    what: 'the permit of a waiter that was picked and cancelled is lost',
    file: `${sync}/semaphore.ts`,
    find: '    if (givesBack) this.#value++\n',
    replace: '',
  },
  {
    what: 'a newcomer takes a permit before those who wait',
    file: `${sync}/semaphore.ts`,
    find: 'return this.#value === 0 || this.#waiters.hasLive',
    replace: 'return this.#value === 0',
  },
  {
    what: 'a permit that is given back goes to nobody',
    file: `${sync}/semaphore.ts`,
    find: '    while (this.#value > 0 && this.#wakeNext());\n',
    replace: '',
  },
  {
    what: 'a permit that is handed over is still counted as free',
    file: `${sync}/semaphore.ts`,
    find: '    if (picked) this.#value--\n    return picked\n',
    replace: '    return picked\n',
  },
  {
    what: 'a notification of a Task that was cancelled is lost',
    file: `${sync}/condition.ts`,
    find: '      this.#waiters.wakeNext()\n      throw error\n',
    replace: '      throw error\n',
  },
  {
    what: 'a Task that is cancelled twice leaves wait() without the lock',
    file: `${sync}/condition.ts`,
    find: '        if (!(error instanceof CancelledError)) throw error\n        cancelled = { error }\n',
    replace: '        throw error\n',
  },
  {
    what: 'the last to leave a barrier does not open it again',
    file: `${sync}/barrier.ts`,
    find: '        this.#count--\n        this.#leave()\n',
    replace: '        this.#count--\n',
  },
  {
    what: 'a Task that was cancelled is still counted at the barrier',
    file: `${sync}/barrier.ts`,
    find: '        this.#count--\n        this.#leave()\n',
    replace: '        if (this.#state !== "filling") this.#count--\n        this.#leave()\n',
  },
  {
    what: 'a getter that was picked and cancelled wakes no other',
    file: `${sync}/queue.ts`,
    find: '    if (!this.empty()) this.#getters.popNext()\n',
    replace: '',
  },
  {
    what: 'a putter that was picked and cancelled wakes no other',
    file: `${sync}/queue.ts`,
    find: '    if (!this.full()) this.#putters.popNext()\n',
    replace: '',
  },
  {
    what: 'a putter that was picked does not look whether there is still room',
    file: `${sync}/queue.ts`,
    find: '  override mustWaitAgain(): boolean {\n    return this.queue.mustWaitForRoom()\n',
    replace: '  override mustWaitAgain(): boolean {\n    return false\n',
  },
  {
    what: 'taking an item out wakes no putter',
    file: `${sync}/queue.ts`,
    find: "emitResource(this, 'got', this.#items.length)\n    this.#putters.popNext()\n",
    replace: "emitResource(this, 'got', this.#items.length)\n",
  },
  {
    what: 'an item is counted as unfinished twice',
    file: `${sync}/queue.ts`,
    find: '    this.#items.put(item)\n    this.#unfinished++\n',
    replace: '    this.#items.put(item)\n    this.#unfinished += 2\n',
  },
  {
    what: 'shutdown() leaves the putters waiting',
    file: `${sync}/queue.ts`,
    find: '    while (this.#putters.length > 0) this.#putters.popNext()\n',
    replace: '',
  },
  {
    what: 'the first of a queue is the last that was put',
    file: `${sync}/lifo-queue.ts`,
    find: 'pop()',
    replace: 'shift()',
  },
  {
    what: 'a cancelled waiter that has left is still counted as cancelled',
    file: `${sync}/waiters.ts`,
    find: '    if (waiter.cancelled()) this.#cancelled--\n',
    replace: '',
  },
  {
    what: 'the search for the next waiter goes on from one that has left',
    file: `${sync}/waiters.ts`,
    find: '    if (this.#scanned === waiter) this.#scanned = previous\n',
    replace: '',
  },
  {
    what: 'a waiter that leaves takes the one behind it along',
    file: `${sync}/waiters.ts`,
    find: '    else previous.following = following\n',
    replace: '    else previous.following = following?.following\n',
  },
  {
    what: 'a cancel that came while a block was uncancellable is swallowed',
    file: 'packages/task/src/tasks/cancellable-task.ts',
    find: 'if (block.heldBack > 0) this.redeliverCancel',
    replace: 'if (block.heldBack > 1) this.redeliverCancel',
  },
  {
    what: 'a race of attempts swallows the cancel',
    file: 'packages/task/src/combinators/staggered-race.ts',
    find: '  if (cancellation !== undefined) throw cancellation\n',
    replace: '',
  },
  {
    what: 'a race does not wait for those that have lost',
    file: 'packages/task/src/combinators/race.ts',
    find: '  if (left.length > 0) yield* uncancellable(() => wait(left))\n',
    replace: '',
  },
  {
    what: 'a race that is cancelled leaves its contestants running',
    file: 'packages/task/src/combinators/race.ts',
    find: '    yield* cancelAll(caller, futures, undefined, message)\n',
    replace: '',
  },
  {
    what: 'a stack is not unwound when its block is cancelled',
    file: 'packages/task/src/scopes/exit-stack.ts',
    find: '  outcome = yield* stack.unwind(outcome)\n',
    replace: '  if (!isCancelled) outcome = yield* stack.unwind(outcome)\n',
  },
]
