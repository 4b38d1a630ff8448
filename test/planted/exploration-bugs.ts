// Bugs to plant in Spindle's own primitives: exploring test/bugs/primitives.ts must find each one.

import type { Bug } from './plant.ts'
import { bugs } from './storm-bugs.ts'

const sync = 'packages/task/src/sync'
const scopes = 'packages/task/src/scopes'
const combinators = 'packages/task/src/combinators'
const node = 'packages/node/src'

// The order is the only thing that LifoQueue adds to Queue.
const OF_ONE_PLACE = `${sync}/lifo-queue.ts`

export const plants: readonly Bug[] = [
  ...bugs.filter(({ file }) => file.startsWith(sync) && file !== OF_ONE_PLACE),
  {
    what: 'a condition wakes one more than it was told to',
    file: `${sync}/condition.ts`,
    find: '    while (!result) {\n',
    replace: '    if (!result) {\n',
  },
  {
    what: 'a condition does not take the lock again',
    file: `${sync}/condition.ts`,
    find: '        yield* this.#acquireAgain()\n',
    replace: '',
  },
  {
    what: 'a barrier that has let its parties through stays open',
    file: `${sync}/barrier.ts`,
    find: "    if (this.#state === 'resetting' || this.#state === 'draining') this.#state = 'filling'\n",
    replace: "    if (this.#state === 'resetting') this.#state = 'filling'\n",
  },
  {
    what: 'a barrier gives the same place to each',
    file: `${sync}/barrier.ts`,
    find: '        const index = this.#count++\n',
    replace: '        const index = 0\n        this.#count++\n',
  },
  {
    what: 'an event wakes nobody',
    file: `${sync}/event.ts`,
    find: '    this.#waiters.wakeAll()\n',
    replace: '',
  },
  {
    what: 'an event wakes the first waiter alone',
    file: `${sync}/event.ts`,
    find: '    this.#waiters.wakeAll()\n',
    replace: '    this.#waiters.wakeHead()\n',
  },
  {
    what: 'an event that is set lets nobody pass who comes later',
    file: `${sync}/event.ts`,
    find: '    return !this.#event.isSet()\n',
    replace: '    return true\n',
  },
  {
    what: 'a rate limiter forgets to pass the turn on when it is cancelled',
    file: `${sync}/rate-limiter.ts`,
    find: '    } finally {\n      this.#turn.release()\n',
    replace: '      this.#turn.release()\n    } finally {\n',
  },
  {
    what: 'a rate limiter counts one who has not passed',
    file: `${sync}/rate-limiter.ts`,
    find: '      if (oldest !== undefined && oldest + this.#per > loop.time()) yield* sleep(oldest + this.#per - loop.time())\n',
    replace: '',
  },
  {
    what: 'a rate limiter looks at the time before it waits for its turn',
    file: `${sync}/rate-limiter.ts`,
    find: '      this.#times[this.#next] = loop.time()\n',
    replace: '      this.#times[this.#next] = oldest ?? 0\n',
  },
  {
    what: 'a group does not wait for its Tasks',
    file: `${scopes}/task-group.ts`,
    find: '    while (this.#tasks.size > 0) {\n',
    replace: '    while (false as boolean) {\n',
  },
  {
    what: 'a group goes on with its block when a Task fails',
    file: `${scopes}/task-group.ts`,
    find: '    if (!this.#aborting) this.#abortWithParent()\n',
    replace: '    if (!this.#aborting) this.#abort()\n',
  },
  {
    what: 'a group takes the cancellation of its parent for its own',
    file: `${scopes}/task-group.ts`,
    find: '      if (this.#scope.end()) cancellation = undefined\n',
    replace: '      this.#scope.end()\n      if (this.#scope !== undefined) cancellation = undefined\n',
  },
  {
    what: 'a timeout does not take its timer back',
    file: `${scopes}/timeout.ts`,
    find: '    this.#timer?.cancel()\n    this.#timer = undefined\n',
    replace: '    this.#timer = undefined\n',
  },
  {
    what: 'a timeout takes the cancellation of its Task for its own',
    file: `${scopes}/timeout.ts`,
    find: '    return this.#scope?.end() === true\n',
    replace: '    return this.#scope?.end() === true || this.#scope !== undefined\n',
  },
  {
    what: 'a timeout never comes',
    file: `${scopes}/timeout.ts`,
    find: '      scope.cancel({ deadline: when, traced: this.#caller !== MOVE_ON })\n',
    replace: '',
  },
  {
    what: 'gather() mixes its results up',
    file: `${combinators}/gather.ts`,
    find: '    const results = this.#children.map(outcome)\n',
    replace: '    const results = this.#children.map(outcome).reverse()\n',
  },
  {
    what: 'gather() does not cancel its children',
    file: `${combinators}/gather.ts`,
    find: '        if (child.cancel(message)) step.any = true\n',
    replace: '',
  },
  {
    what: 'gather() is done before its last child is',
    file: `${combinators}/gather.ts`,
    find: '    if (this.#left > 0) return\n',
    replace: '    if (this.#left > 1) return\n',
  },
  {
    what: 'shield() lets the cancellation through',
    file: `${combinators}/shield.ts`,
    find: '    const cancelled = super.cancel(message)\n',
    replace: '    const cancelled = super.cancel(message)\n    this.#inner.cancel(message)\n',
  },
  {
    what: 'shield() never ends',
    file: `${combinators}/shield.ts`,
    find: '    inner.addDoneCallback(this.#onInnerDone, { context: currentContext() })\n',
    replace: '',
  },
  {
    what: 'shield() takes the cancellation of the inner one for a result',
    file: `${combinators}/shield.ts`,
    find: '    if (inner.cancelled()) this.cancel()\n    else if',
    replace: '    if (inner.cancelled()) return\n    if',
  },
  {
    what: 'a reader that is cancelled while it reads to the end loses what it has',
    file: `${node}/stream-reader.ts`,
    find: '      this.#buffer.prepend(blocks) // in asyncio it is lost\n',
    replace: '',
  },
  {
    what: 'a reader is not woken by the end of its stream',
    file: `${node}/stream-reader.ts`,
    find: '    this.#hasEnded = true\n    this.#wakeUp()\n',
    replace: '    this.#hasEnded = true\n',
  },
  {
    what: 'a reader that has held its sender back does not let it go on',
    file: `${node}/stream-reader.ts`,
    find: '    this.#paused = false\n    this.#transport?.resumeReading()\n',
    replace: '    this.#paused = false\n',
  },
  {
    what: 'a reader does not hold its sender back',
    file: `${node}/stream-reader.ts`,
    find: '    this.#transport?.pauseReading()\n',
    replace: '',
  },
  {
    what: 'drain() does not wait for room',
    file: `${node}/stream-writer.ts`,
    find: '    if (this.transport.writableNeedDrain) yield* transport.drained()\n',
    replace: '',
  },
  {
    what: 'drain() never waits',
    file: `${node}/stream-writer.ts`,
    find: '    return transport.isClosing || this.transport.writableNeedDrain || this.#isTurnDue()\n',
    replace: '    return false\n',
  },
  {
    what: 'a writer that is closed does not close its stream',
    file: `${node}/stream-writer.ts`,
    find: '    this.#isClosed = true\n    this.#transport.close()\n',
    replace: '    this.#isClosed = true\n',
  },
]
