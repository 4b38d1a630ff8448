// 12. A thread can't be cancelled. Look at: a Thread has no cancel(). It ends early only where it looks at an Event of
//     its own accord. Run: npx tsx examples/cancellation/12_threads.ts
// Prints: a sleep that goes on although its thread was cancelled, and a wait that ends at once     Next: 13_promises.ts
import { Task } from 'spindle'
import { isMain, Thread, threading } from 'spindle/thread'

export function work(done: threading.Event): void {
  threading.sleep(200)
  console.log('work: slept to the end; nothing can be thrown in here, as there is no `yield*`')
  while (!done.wait({ timeout: 3_600_000 })) console.log('work: never printed')
  console.log('work: what I write instead: done.wait(). It ended at once, and I can clean up')
}

function main(): void {
  console.log(`A Task has cancel(): ${'cancel' in Task.prototype}. A Thread has: ${'cancel' in Thread.prototype}`)
  const done = new threading.Event()
  const thread = new Thread({ target: work, args: [done] })
  thread.start()
  done.set()
  console.log(`main: asked it to end. Still running: ${thread.isAlive()}`)
  thread.join()
  console.log(`main: it has ended. Still running: ${thread.isAlive()}`)
}

if (isMain(import.meta)) main()
