// A thread whose output is discarded.
import { Thread } from 'spindle/thread'

export function print(text: string): void {
  process.stdout.write(text)
  process.stderr.write(text)
}

export function show(): void {
  const thread = new Thread({ target: print, args: ['unseen'], stdio: 'ignore' })
  thread.start()
  thread.join()
  console.log('done')
}
