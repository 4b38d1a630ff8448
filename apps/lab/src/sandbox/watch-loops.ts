import type { Task } from '@spindle/loop'
import { EventLoop } from '@spindle/loop/internal'

type Watch = (loop: EventLoop) => void

let watchLoop: Watch | undefined
let isHooked = false

/**
 * Calls `watch` with every loop before it creates a Task, whichever function created the loop, until the returned
 * function is called.
 */
export function watchLoops(watch: Watch): () => void {
  watchLoop = watch
  if (!isHooked) hook()
  return () => {
    if (watchLoop === watch) watchLoop = undefined
  }
}

function hook(): void {
  isHooked = true
  const { createTask } = EventLoop.prototype
  EventLoop.prototype.createTask = function <T>(this: EventLoop, ...args: unknown[]) {
    watchLoop?.(this)
    return Reflect.apply(createTask, this, args) as Task<T>
  }
}
