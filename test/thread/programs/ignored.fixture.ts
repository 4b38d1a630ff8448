// A thread whose output is discarded.
import { isMain, Thread } from 'spindle/thread'

export function print(text: string): void {
  process.stdout.write(text)
  process.stderr.write(text)
}

if (isMain(import.meta)) {
  const thread = new Thread({ target: print, args: ['unseen'], stdio: 'ignore' })
  thread.start()
  thread.join()
  console.log('done')
}
