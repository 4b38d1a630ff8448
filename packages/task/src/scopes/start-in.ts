import { CancelledError, type Coroutine, type CreateTaskOptions, RuntimeError } from '@spindle/loop'
import { callBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { LabelledFuture } from '../tasks/labelled-future.ts'
import type { TaskGroup } from './task-group.ts'
import { uncancellable } from './uncancellable.ts'

type Body<T> = (started: (value: T) => void) => Coroutine<unknown>

export function startIn<T>(group: TaskGroup, body: Body<T>, options: CreateTaskOptions): Coroutine<T> {
  return starting(group, body, options)
}

const starting = coroutine(function* start<T>(
  group: TaskGroup,
  body: Body<T>,
  options: CreateTaskOptions,
): Coroutine<T> {
  const ready = new ReadyFuture<T>()
  const ended = new ReadyFuture<void>()
  const task = group.createTask(untilStarted(ready, body), options)
  // It may have been cancelled before its first step.
  task.addDoneCallback(() => {
    if (!ready.done()) ready.cancel()
    ended.setResult()
  })
  try {
    return yield* ready
  } catch (error) {
    // Not the Task itself: cancelling the wait must not cancel it twice.
    if (!task.done()) {
      task.cancel(error instanceof CancelledError ? error.message || undefined : undefined)
      yield* uncancellable(() => ended)
    }
    throw error
  }
})

function* untilStarted<T>(ready: ReadyFuture<T>, body: Body<T>): Coroutine<void> {
  try {
    yield* callBlock('group.start', body, (value: T) => {
      if (ready.hasStarted) throw new RuntimeError('started() was called twice')
      ready.hasStarted = true
      if (!ready.done()) ready.setResult(value) // or the caller was cancelled
    })
  } catch (error) {
    if (ready.done() || error instanceof CancelledError) throw error
    ready.setException(error)
    return
  }
  if (!ready.done()) ready.setException(new RuntimeError('The task of group.start() ended without calling started()'))
}

class ReadyFuture<T> extends LabelledFuture<T> {
  hasStarted = false

  override get label(): string {
    return 'group.start()'
  }
}
