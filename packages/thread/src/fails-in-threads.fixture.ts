import { isMainThread } from 'node:worker_threads'

if (!isMainThread) throw new Error('not in a thread')

export function fails(): void {}
