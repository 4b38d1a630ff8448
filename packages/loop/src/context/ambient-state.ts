// The state of a thread, shared by all copies of this package in it.

import type { EventLoop } from '../face/event-loop.ts'
import type { Context } from './context.ts'

interface AmbientState {
  /** The loop whose callback is on the stack now. */
  runningLoop: EventLoop | undefined
  /** The argument of `setEventLoop`. */
  defaultLoop: EventLoop | undefined
  /** The permanent loop, from its first use until it is closed, and the function that closes it. */
  hostLoop: { readonly loop: EventLoop; close(options: HostLoopClosing): Promise<void> } | undefined
  /** The current context; undefined until its first use. */
  context: Context | undefined
  /** How many callers, such as test runners, accept a coroutine from a function. It may reach them through promises. */
  coroutineRunners: number
}

/** How the host loop ends: see `closeHostLoop`. */
export interface HostLoopClosing {
  readonly graceTime: number
  /** How long Tasks may clean up after they were cancelled, in ms: for tests, which may not hang. @default no limit */
  readonly cleanUpLimit?: number
}

const KEY = Symbol.for('spindle.threadState')
const globals = globalThis as { [KEY]?: AmbientState }

globals[KEY] ??= {
  runningLoop: undefined,
  defaultLoop: undefined,
  hostLoop: undefined,
  context: undefined,
  coroutineRunners: 0,
}

export const ambient: AmbientState = globals[KEY]
