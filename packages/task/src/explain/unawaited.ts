// `sleep(100)` without `yield*` silently does nothing. In debug mode every awaitable records where it was made, and is
// reported when it is collected, or when the loop closes, without having been awaited. Coroutines made by `coroutine()`
// are reported without debug mode: see never-awaited.ts.

import type { EventLoop } from '@spindle/loop'
import { ambient, creationStack, type Probe } from '@spindle/loop/internal'
import { dismissAwaited, expectAwait } from '../coroutines/await-registry.ts'

export const UNAWAITED_PROBE: Probe = {
  wantsObjects: true,
  awaitableMade(awaitable, call, asTask) {
    const loop = ambient.runningLoop
    if (loop !== undefined) expectAwait(awaitable, loop, unawaitedReport(loop, call, asTask))
  },
  awaitableStarted: dismissAwaited,
}

function unawaitedReport(loop: EventLoop, call: string, asTask: string | undefined): () => void {
  const report = (): void => {
    const place = creationStack.place(report)
    const instead = asTask === undefined ? '' : `, or \`${asTask}\` to have it run as a Task`
    const message =
      `${call} was never awaited${place === undefined ? '' : `: ${place}`}. ` +
      `Write \`yield* ${call}\` to wait for it${instead}`
    loop.callExceptionHandler({ message, sourceTraceback: creationStack.of(report) })
  }
  creationStack.record(report)
  return report
}
