import { isMain, threading } from 'spindle/thread'
import { begin, end, print, sleep, Thread, waitFor } from './recorded.ts'

export function spinner(started: threading.Event, stop: threading.Event): void {
  started.set()
  for (const frame of '|/-|/-|/-') {
    if (stop.isSet()) break
    print(frame)
    sleep(20)
  }
  print('the spinner ends')
}

function main(): void {
  begin()
  const started = new threading.Event()
  const stop = new threading.Event()
  const spinning = new Thread({ target: spinner, args: [started, stop] })
  spinning.start()
  waitFor(started)
  sleep(30)
  stop.set()
  print('main has said stop')
  spinning.join()
  end()
}

if (isMain(import.meta)) main()
