import type { Task } from '@spindle/loop'
import { EventLoop } from '@spindle/loop/internal'

let watchLoop: ((loop: EventLoop, coroutine: unknown) => void) | undefined

/** `watch` is called with every new loop and its first Task, whichever function created the loop. */
export function watchLoops(watch: (loop: EventLoop, coroutine: unknown) => void): void {
  const isHooked = watchLoop !== undefined
  watchLoop = watch
  if (isHooked) return
  const { createTask } = EventLoop.prototype
  EventLoop.prototype.createTask = function <T>(this: EventLoop, ...args: unknown[]) {
    watchLoop?.(this, args[0])
    return Reflect.apply(createTask, this, args) as Task<T>
  }
}
