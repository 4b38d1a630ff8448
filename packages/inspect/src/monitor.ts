// `node --import @spindle/inspect/monitor main.ts` lets the `spindle` command look at a program that nobody has
// changed.

import { isMainThread } from 'node:worker_threads'
import { monitor } from './node/monitor.ts'

if (isMainThread) monitor()
