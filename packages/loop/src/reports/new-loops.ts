import type { EventLoop } from '../face/event-loop.ts'
import { repr } from '../inspect/repr.ts'

/** Called with a loop that has just been made. It has no Tasks yet. */
export type NewLoopListener = (loop: EventLoop) => void

// A Set of listeners, on the global object: a tool observes the loops of all copies of this package.
const NEW_LOOPS = Symbol.for('spindle.new-loops')

const globals = globalThis as { [NEW_LOOPS]?: Set<NewLoopListener> }

/**
 * Calls `listener` with each event loop that any copy of this package makes in this thread from now on, so that tools
 * can observe an unchanged program. Returns a function that removes the listener. A listener that throws is reported.
 *
 * The listeners are the Set `globalThis[Symbol.for('spindle.new-loops')]`. A tool that does not import this package
 * adds its own there. An addition to asyncio.
 *
 * @example
 * ```ts
 * const stop = onNewLoop((loop) => loop.events.on('task:done', ({ task }) => console.log(task.getName())))
 * await run(sleep(10)) // prints: …
 * stop()
 * ```
 */
export function onNewLoop(listener: NewLoopListener): () => void {
  if (typeof listener !== 'function') throw new TypeError(`onNewLoop() expected a function, got ${repr(listener)}`)
  globals[NEW_LOOPS] ??= new Set()
  const listeners = globals[NEW_LOOPS]
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

export function tellOfNewLoop(loop: EventLoop): void {
  const listeners = globals[NEW_LOOPS]
  if (listeners === undefined) return
  for (const listener of listeners) {
    try {
      listener(loop)
    } catch (exception) {
      loop.defaultExceptionHandler({ message: 'Exception in a listener of new loops', exception })
    }
  }
}
