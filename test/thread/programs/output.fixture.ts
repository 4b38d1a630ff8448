// A thread writes while the main thread blocks for a second: the output appears before the second has passed.
import { Thread, threading } from 'spindle/thread'

export function talk(done: threading.Event): void {
  console.log('one')
  process.stdout.write('two ')
  process.stderr.write('(error)\n')
  process.stdout.cork()
  process.stdout.write('thr')
  process.stdout.write(Buffer.from('ee\n'))
  process.stdout.uncork()
  process.stdout.write('four\n', () => console.log('called back'))
  done.set()
}

export function show(): void {
  const done = new threading.Event()
  const thread = new Thread({ target: talk, args: [done] })
  console.log('zero')
  thread.start()
  done.wait()
  threading.sleep(300)
  console.log('end of the block')
}
