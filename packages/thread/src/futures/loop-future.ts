import type { Coroutine, EventLoop, Future } from '@spindle/loop'
import { LabelledFuture, uncancellable } from '@spindle/task'
import { connect } from '../shared-memory/wakeup.ts'
import type { Future as ExecutorFuture } from './future.ts'

/** The Future of `loop` that ends as `future` does, and cancels it when it is cancelled itself. */
export function loopFuture<T>(future: ExecutorFuture<T>, loop: EventLoop): Future<T> {
  const { label } = future
  const wrapped = label === undefined ? loop.createFuture<T>() : new LabelledFuture<T>(loop, () => label)
  connect(loop)
  loop.wakeSources.external++ // another thread may wake the loop: it is not deadlocked
  wrapped.addDoneCallback(function checkCancel(): void {
    loop.wakeSources.external--
    if (wrapped.cancelled()) future.cancel()
  })
  future.addDoneCallback(() => {
    if (!wrapped.done() && !loop.isClosed()) copyState(future, wrapped)
  })
  return wrapped
}

/**
 * Waits in a coroutine for a call. If the caller is cancelled, it requests the function to stop, and throws when the
 * function has stopped, or was ended with its worker.
 */
export function* awaitCall<T>(future: ExecutorFuture<T>, loop: EventLoop): Coroutine<T> {
  const wrapped = loopFuture(future, loop)
  try {
    return yield* wrapped
  } catch (error) {
    if (!wrapped.cancelled() || !future.stop()) throw error
    const abandon = (): void => void future.stop(0)
    loop.graces.add(abandon)
    yield* uncancellable(function* untilStopped(): Coroutine<void> {
      try {
        yield* loopFuture(future, loop)
      } catch {} // the caller receives the cancellation
    })
    loop.graces.delete(abandon)
    throw error
  }
}

function copyState<T>(future: ExecutorFuture<T>, wrapped: Future<T>): void {
  if (future.cancelled()) wrapped.cancel()
  else if (future.failed) wrapped.setException(future.exception())
  else wrapped.setResult(future.result())
}
