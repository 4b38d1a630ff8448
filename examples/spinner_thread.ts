// A spinner turns in a thread of its own while a slow call blocks. Look at: set() in supervisor(), and wait() in
// spin(). The Lab draws both spinners on one scale: apps/lab/task-thread.html, or `npm run lab`.
// Run: npx tsx examples/spinner_thread.ts     Prints: "Answer: 42" after 3 s     Next: cancellation/01_sleeping.ts
import { stdout } from 'node:process'
import { isMain, Thread, threading } from 'spindle/thread'

export function spin(message: string, done: threading.Event): void {
  let status = ''
  for (let i = 0; ; i++) {
    status = `${'|/-\\'[i % 4]} ${message}`
    stdout.write(status + '\b'.repeat(status.length))
    if (done.wait({ timeout: 100 })) break
  }
  stdout.write(' '.repeat(status.length) + '\b'.repeat(status.length))
}

function slowFunction(): number {
  threading.sleep(3000) // pretend to wait a long time for I/O
  return 42
}

function supervisor(): number {
  const done = new threading.Event()
  const spinner = new Thread({ target: spin, args: ['thinking!', done] })
  console.log(`spinner object: ${spinner}`)
  spinner.start()
  const result = slowFunction()
  done.set()
  spinner.join()
  return result
}

function main(): void {
  const result = supervisor()
  console.log(`Answer: ${result}`)
}

if (isMain(import.meta)) main()
