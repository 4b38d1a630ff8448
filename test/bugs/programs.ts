// Bugs in programs rather than in locks.

import {
  CancelledError,
  type Coroutine,
  createTask,
  gather,
  getRunningLoop,
  Lock,
  sleep,
  type Task,
  taskGroup,
} from 'spindle'
import type { Bug } from './bug.ts'

// --- Check, wait, act: after the wait, the check may no longer hold.

function* withdrawals(guarded: boolean): Coroutine<void> {
  let balance = 100
  const lock = new Lock()
  function* withdraw(amount: number): Coroutine<void> {
    if (balance < amount) return
    yield* sleep(5) // the bank answers
    balance -= amount
  }
  function* customer(arrives: number): Coroutine<void> {
    yield* sleep(arrives)
    if (!guarded) return yield* withdraw(70)
    using _ = yield* lock.acquire()
    yield* withdraw(70)
  }
  yield* gather([customer(10), customer(16)])
  if (balance < 0) throw new Error(`the balance is ${balance}`)
}

export const checkThenAct: Bug = {
  name: 'check, wait, act: two customers draw the same money',
  source: 'a class of bugs',
  broken: () => withdrawals(false),
  fixed: () => withdrawals(true),
}

// --- A connection that both its owner and a watchdog close.

class Connection {
  state: 'open' | 'closing' | 'closed' = 'open';

  *close(): Coroutine<void> {
    if (this.state === 'closed') throw new Error('the connection is closed twice')
    yield* sleep(2) // says goodbye
    if ((this.state as string) === 'closed') throw new Error('the connection is closed twice')
    this.state = 'closed'
  }
}

class FixedConnection extends Connection {
  override *close(): Coroutine<void> {
    if (this.state !== 'open') return
    this.state = 'closing'
    try {
      yield* sleep(2)
    } finally {
      this.state = 'closed'
    }
  }
}

function* closing(connection: Connection): Coroutine<void> {
  function* use(): Coroutine<void> {
    try {
      yield* sleep(10)
    } finally {
      if (connection.state === 'open') yield* connection.close()
    }
  }
  function* watchdog(): Coroutine<void> {
    yield* sleep(15)
    if (connection.state === 'open') yield* connection.close()
  }
  yield* gather([use(), watchdog()])
}

export const doubleClose: Bug = {
  name: 'a connection is closed twice',
  source: 'a class of bugs',
  broken: () => closing(new Connection()),
  fixed: () => closing(new FixedConnection()),
}

// --- A task group that takes a cancellation of its parent for one of its own, as in first versions of many libraries.

function* swallowingGroup(children: readonly Coroutine<void>[], swallows: boolean): Coroutine<void> {
  const tasks: Task<void>[] = children.map((child, n) => createTask(child, { name: `child${n + 1}` }))
  let failed = false
  for (const task of tasks) {
    task.addDoneCallback(() => {
      if (!task.cancelled() && task.exception() === undefined) return
      failed = true
      for (const other of tasks) other.cancel()
    })
  }
  let cancelled: CancelledError | undefined
  for (const task of tasks) {
    while (!task.done()) {
      try {
        yield* getRunningLoopTurn(task)
      } catch (error) {
        if (!(error instanceof CancelledError)) throw error
        for (const other of tasks) other.cancel()
        if (!swallows || !failed) cancelled = error
      }
    }
  }
  if (cancelled !== undefined) throw cancelled
}

/** Waits until the Task is done, whatever its result, without passing a cancellation on to it. */
function* getRunningLoopTurn(task: Task<void>): Coroutine<void> {
  const done = getRunningLoop().createFuture<void>()
  const end = (): void => {
    if (!done.done()) done.setResult()
  }
  task.addDoneCallback(end)
  yield* done
}

interface Ends {
  readonly ended: string[]
}

function* grouped(group: (children: readonly Coroutine<void>[]) => Coroutine<void>): Coroutine<Ends> {
  const ended: string[] = []
  function* failing(): Coroutine<void> {
    yield* sleep(10)
    throw new Error('a child fails')
  }
  function* slow(): Coroutine<void> {
    try {
      yield* sleep(100)
    } finally {
      yield* sleep(5) // cleans up
    }
  }
  try {
    yield* group([failing(), slow()])
  } catch (error) {
    if (error instanceof CancelledError) throw error
  }
  ended.push('after the group')
  return { ended }
}

function* libraryGroup(children: readonly Coroutine<void>[]): Coroutine<void> {
  yield* taskGroup(function* (group) {
    for (const [n, child] of children.entries()) group.createTask(child, { name: `child${n + 1}` })
  })
}

export const taskGroupSwallows: Bug = {
  name: 'a task group swallows the cancellation of its parent',
  source: 'a class of bugs',
  options: {
    check: ({ task, cancelled }) => {
      if (cancelled.includes('main') && !task.cancelled())
        throw new Error('main was cancelled, and goes on as if it were not')
    },
  },
  broken: () => grouped((children) => swallowingGroup(children, true)),
  fixed: () => grouped(libraryGroup),
}

// --- The loser of a race continues, and does work that is no longer wanted.

function* racing(cancelsLoser: boolean): Coroutine<void> {
  const saved: string[] = []
  const first = getRunningLoop().createFuture<string>()
  function* save(name: string, delay: number): Coroutine<void> {
    yield* sleep(delay)
    if (!first.done()) first.setResult(name)
    else if (cancelsLoser) return
    saved.push(name)
  }
  const tasks = [createTask(save('near', 10), { name: 'near' }), createTask(save('far', 18), { name: 'far' })]
  const winner = yield* first
  if (cancelsLoser) for (const task of tasks) task.cancel()
  if (saved.join() !== winner) throw new Error(`${winner} won, and saved was ${saved}`)
}

export const raceLoser: Bug = {
  name: 'the loser of a Promise.race goes on',
  source: 'a class of bugs',
  broken: () => racing(false),
  fixed: () => racing(true),
}
