// A React hook: starts a coroutine, shows its state, and cancels it when it is started again or the component unmounts.

import { useEffect, useRef, useState } from 'react'
import { type Coroutine, run } from 'spindle'

export type TaskState<T> =
  | { readonly status: 'idle' | 'running' | 'cancelled' }
  | { readonly status: 'done'; readonly value: T }
  | { readonly status: 'failed'; readonly error: unknown }

export interface TaskControls<Args extends readonly unknown[], T> {
  readonly state: TaskState<T>
  /** Starts it, and cancels the previous one. */
  start(...args: Args): void
  cancel(): void
}

export function useTask<Args extends readonly unknown[], T>(
  work: (...args: Args) => Coroutine<T>,
): TaskControls<Args, T> {
  const [state, setState] = useState<TaskState<T>>({ status: 'idle' })
  const latest = useRef<AbortController>(undefined)
  const cancel = () => latest.current?.abort()
  const start = (...args: Args) => {
    cancel()
    const controller = new AbortController()
    latest.current = controller
    // Shows nothing of a task that has been replaced.
    const show = (next: TaskState<T>) => {
      if (latest.current === controller) setState(next)
    }
    show({ status: 'running' })
    run(work(...args), { signal: controller.signal }).then(
      (value) => show({ status: 'done', value }),
      (error) => show(controller.signal.aborted ? { status: 'cancelled' } : { status: 'failed', error }),
    )
  }
  useEffect(() => () => latest.current?.abort(), [])
  return { state, start, cancel }
}
