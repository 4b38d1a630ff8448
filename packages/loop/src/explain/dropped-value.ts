import type { EventLoop } from '../face/event-loop.ts'
import { isCoroutineObject } from '../futures/coroutine-object.ts'
import { disposeKeyOf } from '../inspect/dispose-key.ts'
import { repr } from '../inspect/repr.ts'

const CLOSERS: readonly string[] = ['close', 'release', 'destroy', 'end']

/** Reports in debug mode that no caller receives `value`; `where` says why. */
export function reportDropped(loop: EventLoop, where: string, value: unknown): void {
  const closer = closerOf(value)
  if (closer === undefined) return
  const message = `${where}: its value ${repr(value)} is dropped, and nothing calls its ${closer}()`
  loop.callExceptionHandler({ message })
}

function closerOf(value: unknown): string | undefined {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return undefined
  if (isCoroutineObject(value)) return undefined // its `[Symbol.dispose]` throws
  const disposer = disposeKeyOf(value)
  if (disposer !== undefined) return disposer === Symbol.dispose ? '[Symbol.dispose]' : '[Symbol.asyncDispose]'
  const given = value as Record<string, unknown>
  return CLOSERS.find((key) => typeof given[key] === 'function')
}
