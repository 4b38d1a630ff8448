// `node --import @spindle/inspect/monitor main.ts` lets the `spindle` command inspect a program without changing it.

import { isMainThread } from 'node:worker_threads'
import { monitor } from './node/monitor.ts'
import { printable } from './printable.ts'

try {
  if (isMainThread) monitor()
} catch (error) {
  // The program is what matters: neither a missing permission nor a folder that another user has made first ends it.
  const { message, resource = '' } = error as Error & { resource?: string }
  console.error(printable(`spindle cannot look at this process: ${message} ${resource}`.trimEnd()))
}
