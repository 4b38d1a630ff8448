// A program that asks for the exceptions of some of its calls only. Those of the others are printed, and no other.

import { gather, run } from 'spindle'
import { concurrent, isMain, ProcessPoolExecutor, stopRequested, ThreadPoolExecutor, threading } from 'spindle/thread'

export function fail(name: string): never {
  throw new RangeError(name)
}

export function hold(go: threading.Event): void {
  go.wait()
}

export function failWhenStopped(begun: threading.Event): never {
  begun.set()
  while (!stopRequested()) threading.sleep(1)
  throw new RangeError('stopped')
}

if (isMain(import.meta)) {
  const threads = new ThreadPoolExecutor(2)
  threads.submit(fail, 'lost in a thread')
  threads.submit(fail as (...args: unknown[]) => never, () => {})
  const kept = threads.submit(fail, 'asked for at the end')
  threads.submit(fail, 'given to a callback').addDoneCallback(() => {})
  threads.submit(fail, 'awaited').then(undefined, () => {})
  concurrent.wait([threads.submit(fail, 'waited for')])
  const go = new threading.Event()
  for (let thread = 0; thread < 2; thread++) threads.submit(hold, go)
  threads.submit(fail, 'cancelled').cancel() // no thread is free to start it before
  go.set()
  const begun = new threading.Event()
  const stopped = threads.submit(failWhenStopped, begun)
  begun.wait()
  stopped.cancel()
  await run(function* () {
    yield* gather([threads.submit(fail, 'gathered')], { returnExceptions: true })
  })
  try {
    for (const _ of threads.map(fail, ['first of map', 'second of map']));
  } catch {}
  const processes = new ProcessPoolExecutor(1)
  processes.submit(fail, 'lost in a process')
  processes.submit(fail, 'asked for').exception()
  console.log(String(kept.exception()))
  const ended = new ThreadPoolExecutor(1)
  ended.submit(fail, 'terminated')
  ended.terminate()
}
