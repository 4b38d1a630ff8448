import {
  CancelledError,
  type Coroutine,
  type CreateTaskOptions,
  type Future,
  getRunningLoop,
  RuntimeError,
} from '@spindle/loop'
import { callBlock } from '../coroutines/block.ts'
import { coroutine } from '../coroutines/coroutine.ts'
import { LabelledFuture } from '../tasks/labelled-future.ts'
import type { TaskGroup } from './task-group.ts'
import { uncancellable } from './uncancellable.ts'

const label = (): string => 'group.start()'

type Body<T> = (started: (value: T) => void) => Coroutine<unknown>

export const startIn: <T>(group: TaskGroup, body: Body<T>, options: CreateTaskOptions) => Coroutine<T> = coroutine(
  function* start<T>(group: TaskGroup, body: Body<T>, options: CreateTaskOptions): Coroutine<T> {
    const loop = getRunningLoop()
    const ready = new LabelledFuture<T>(loop, label)
    const ended = new LabelledFuture<void>(loop, label)
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
  },
)

function* untilStarted<T>(ready: Future<T>, body: Body<T>): Coroutine<void> {
  let hasStarted = false
  try {
    yield* callBlock('group.start', body, (value: T) => {
      if (hasStarted) throw new RuntimeError('started() was called twice')
      hasStarted = true
      if (!ready.done()) ready.setResult(value) // or the caller was cancelled
    })
  } catch (error) {
    if (ready.done() || error instanceof CancelledError) throw error
    ready.setException(error)
    return
  }
  if (!ready.done()) ready.setException(new RuntimeError('The task of group.start() ended without calling started()'))
}
