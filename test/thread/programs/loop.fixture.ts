// A loop that the host drives, and a daemon that calls a function of a module which the main thread has not loaded.

import { newEventLoop } from 'spindle'
import { callSoonThreadsafe, isMain, type LoopHandle, Thread, threading } from 'spindle/thread'

let finish: (value: string) => void = () => {}

export async function work(handle: LoopHandle): Promise<void> {
  const { tell } = await import('./unloaded.fixture.ts')
  threading.sleep(100)
  callSoonThreadsafe(handle, tell, 'module loaded for the call')
  callSoonThreadsafe(handle, end, 'in order')
  threading.sleep(60_000)
}

export function end(value: string): void {
  finish(value)
}

if (isMain(import.meta)) {
  const loop = newEventLoop()
  const future = loop.createFuture<string>()
  finish = (value) => future.setResult(value)
  new Thread({ target: work, args: [loop], daemon: true }).start()
  console.log(await loop.runUntilComplete(future))
  console.log('main is done')
}
