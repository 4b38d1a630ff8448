import { isMain, ThreadPoolExecutor, threading } from 'spindle/thread'
import { begin, end, Job, print, sleep, waitFor } from './recorded.ts'

export function spinner(started: threading.Event): void {
  started.set()
  for (const frame of '|/-|/-|/-') {
    print(frame)
    sleep(20)
  }
  print('the spinner ends')
}

function main(): void {
  begin()
  using executor = new ThreadPoolExecutor(1)
  const started = new threading.Event()
  const spinning = new Job(() => executor.submit(spinner, started))
  waitFor(started)
  sleep(30)
  const isCancelled = spinning.cancel()
  print(`main has said stop: ${isCancelled}`)
  spinning.result()
  end()
}

if (isMain(import.meta)) main()
