// What there is once in each thread, even where two copies of this package meet in it.

import type { EventLoop } from '../event-loop.ts'
import type { Context } from './context.ts'

interface ThreadState {
  /** The loop whose callback is on the stack now. */
  runningLoop: EventLoop | undefined
  /** What `setEventLoop` was given. */
  setLoop: EventLoop | undefined
  /** The current context; undefined until somebody asks for it. */
  context: Context | undefined
}

const KEY = Symbol.for('spindle.threadState')
const holder = globalThis as { [KEY]?: ThreadState }

holder[KEY] ??= { runningLoop: undefined, setLoop: undefined, context: undefined }

export const threadState: ThreadState = holder[KEY]
