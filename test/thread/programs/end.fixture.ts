// Which threads keep the program from ending.
import { Thread, threading } from 'spindle/thread'

export function lastWord(ms: number): void {
  threading.sleep(ms)
  console.log('last word')
}

export function show(): void {
  new Thread({ target: lastWord, args: [600_000], daemon: true }).start()
  new Thread({ target: lastWord, args: [400] }).start()
  console.log('main is done')
}
