// A program for a bundle. It uses its own functions, one of a module that is part of the bundle, and those of a module
// beside the bundle.
import { TimeoutError } from 'spindle'
import {
  BrokenProcessPool,
  isMain,
  ProcessPoolExecutor,
  Thread,
  ThreadPoolExecutor,
  Timer,
  threading,
  workerModule,
} from 'spindle/thread'
import { add } from './bundled-part.fixture.ts'

export { add }

export function square(n: number): number {
  if (n === 4) throw new RangeError('4')
  return n * n
}

export function leave(): void {
  process.exit(1)
}

export function set(event: threading.Event): void {
  event.set()
}

if (isMain(import.meta)) {
  const url = (import.meta as { url?: string }).url ?? `file://${process.argv[1]}` // CommonJS has no import.meta.url
  const work = workerModule<typeof import('./bundled-work.fixture.ts')>(new URL('./work.mjs', url))
  const threads = new ThreadPoolExecutor(2)
  const processes = new ProcessPoolExecutor(1)
  console.log('thread:', threads.submit(square, 3).result(), [...threads.map(add, [1, 2], [3, 4])])
  console.log('process:', processes.submit(square, 5).result())
  console.log(
    'error:',
    `${threads.submit(square, 4).exception()}`,
    threads.submit(square, 4).exception() instanceof RangeError,
  )
  console.log('broken:', processes.submit(leave).exception() instanceof BrokenProcessPool)
  const spinning = threads.with({ timeout: 20, graceTime: 60_000 }).submit(work.spin)
  console.log('module beside:', processes.submit(work.cube, 3).result(), spinning.exception() instanceof TimeoutError)
  const [fromTimer, fromThread] = [new threading.Event(), new threading.Event()]
  const timer = new Timer(1, set, [fromTimer])
  timer.start()
  timer.join()
  const thread = new Thread({ target: set, args: [fromThread] })
  thread.start()
  thread.join()
  console.log('timer and thread:', fromTimer.isSet(), fromThread.isSet())
  threads.shutdown() // returns only after spin() has seen the request to stop
  processes.shutdown()
}
