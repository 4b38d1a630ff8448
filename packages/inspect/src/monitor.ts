// `node --import @spindle/inspect/monitor main.ts` lets the `spindle` command inspect a program without changing it.

import { isMainThread } from 'node:worker_threads'
import { monitor } from './node/monitor.ts'

if (isMainThread) monitor()
