// A component that uses the hook. Its coroutine cleans up however it ends.

import { useState } from 'react'
import { type Coroutine, sleep, uncancellable } from 'spindle'
import { useTask } from './use-task.ts'

export function Download({ log }: { log: (line: string) => void }) {
  const [percent, setPercent] = useState(0)
  const { state, start, cancel } = useTask(function* (step: number): Coroutine<string> {
    try {
      for (let done = 0; done <= 100; done += step) {
        setPercent(done)
        yield* sleep(10)
      }
      return 'all of it'
    } finally {
      yield* uncancellable(() => sleep(10)) // clean-up may wait, and is not cut short
      log('cleaned up')
    }
  })
  return (
    <section>
      <button type="button" onClick={() => start(50)}>
        quick
      </button>
      <button type="button" onClick={() => start(0.01)}>
        slow
      </button>
      <button type="button" onClick={cancel}>
        cancel
      </button>
      <output>
        {state.status} {state.status === 'done' ? state.value : `${Math.floor(percent)} %`}
      </output>
    </section>
  )
}
