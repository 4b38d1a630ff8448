import { allTools } from '../explain/all-tools.ts'
import { loopParts } from './loop-parts.ts'

/**
 * Gives all loops `loop.events`, debug mode, whole reports, and errors that say where. On Node they have them anyway; a
 * page gets them with `import 'spindle/explain'`.
 *
 * @example
 * ```ts
 * import 'spindle/explain'
 * import { newEventLoop, sleep } from 'spindle'
 *
 * const loop = newEventLoop()
 * loop.events.on('task:done', ({ task }) => console.log(task.getName())) // prints: Task-1
 * loop.runUntilCompleteSync(sleep(10))
 * loop.close()
 * ```
 */
export function explain(): void {
  loopParts.tools = allTools
}
