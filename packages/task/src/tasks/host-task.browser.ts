// Replaces host-task.ts in a bundle for browsers, which have no AsyncLocalStorage.

import type * as node from './host-task.ts'
import { Task } from './task.ts'

export const HostTask: typeof node.HostTask = Task

export const captureStores: typeof node.captureStores = undefined
export const enterStores: typeof node.enterStores = undefined
