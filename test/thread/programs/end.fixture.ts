// Whether threads keep the program from ending: `daemon`, or not.
import { isMain, sleep, Thread } from 'spindle/thread'

export function lastWord(): void {
  sleep(400)
  console.log('last word')
}

if (isMain(import.meta)) {
  const thread = new Thread({ target: lastWord, daemon: process.argv[2] === 'daemon' })
  thread.start()
  console.log('main is done')
}
