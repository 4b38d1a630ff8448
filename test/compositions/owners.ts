// The owners of compositions: who runs the program, stops it, and is told how it ended.

import { type Coroutine, call, createTask, Future, KeyboardInterrupt, type Task, taskGroup, wait } from 'spindle'
import type { World } from './world.ts'

/** How a program ended, by what its owner was told: `unknown` if nobody was told. */
export type Told = 'returned' | 'cancelled' | 'threw' | 'unknown'

export type Owner = (program: () => Coroutine<unknown>, world: World) => Coroutine<Told>

export const OWNERS: Record<string, Owner> = {
  Task: function* (program, world) {
    const task = createTask(program())
    return yield* told(task, world, () => task.cancel())
  },
  group: function* (program, world) {
    const task = createTask(taskGroup((group) => group.createTask(program())))
    return yield* told(task, world, () => task.cancel())
  },
  'Task of a group': function* (program, world) {
    let child: Task | undefined
    const block = taskGroup(function* (group) {
      child = group.createTask(program())
      yield* wait([child])
      return yield* child
    })
    return yield* told(createTask(block), world, () => child?.cancel() === true)
  },
  'run with a signal': function* (program, world) {
    const stopped = new AbortController()
    const reason = new Error('stopped')
    const outer = createTask(call(() => world.run(program, { signal: stopped.signal })))
    const told_ = yield* told(outer, world, () => {
      const isNew = !stopped.signal.aborted && !outer.done()
      stopped.abort(reason)
      return isNew
    })
    return told_ === 'threw' && outer.exception() === reason ? 'cancelled' : told_
  },
  'run that ends': function* (program, world) {
    yield* runUntilStopped(program, world, () => {})
    return 'unknown'
  },
  'run that is interrupted': function* (program, world) {
    const interrupted = new KeyboardInterrupt()
    try {
      yield* runUntilStopped(program, world, () => {
        throw interrupted
      })
    } catch (error) {
      if (error !== interrupted) throw error
    }
    return 'unknown'
  },
}

function* told(task: Task, world: World, stop: () => boolean): Coroutine<Told> {
  let calls = 0
  task.addDoneCallback(() => calls++)
  world.stop = stop
  yield* wait([task])
  if (calls !== 1) world.fault(`a done callback was called ${calls} times`)
  if (task.cancelled()) return 'cancelled'
  return task.exception() === undefined ? 'returned' : 'threw'
}

/** The program is left over when the run ends: by then it must have ended, and its done callbacks must be called. */
function* runUntilStopped(program: () => Coroutine<unknown>, world: World, end: () => void): Coroutine<void> {
  let calls = 0
  yield* call(() =>
    world.run(function* () {
      const stopped = new Future<void>()
      const task = createTask(program())
      task.addDoneCallback(() => {
        calls++
        if (!task.cancelled()) task.exception()
        if (!stopped.done()) stopped.setResult()
      })
      world.stop = () => {
        if (!stopped.done()) stopped.setResult()
        return false // it is at the end of the run that the program is cancelled
      }
      yield* stopped
      end()
    }),
  )
  if (calls !== 1) world.fault(`a done callback was called ${calls} times`)
}
