// Uses everything that finds a function or a file again in another thread or process.
import { runSync } from 'spindle'
import { BrokenProcessPool, isMain, ProcessPoolExecutor, ThreadPoolExecutor, Timer } from 'spindle/thread'

export function square(x: number): number {
  if (x === 4) throw new RangeError('4')
  return x * x
}

export function exit(): void {
  process.exit(1)
}

export function* coroutine(x: number): Generator<never, number> {
  return x * x
}

export function failPlainly(): void {
  throw new Error('plain')
}

export function tell(): void {
  process.stdout.write('timer, ')
}

function outcome(of: { exception(): unknown }): string {
  const error = of.exception()
  return error instanceof BrokenProcessPool ? 'BrokenProcessPool' : String(error)
}

if (isMain(import.meta)) {
  const threads = new ThreadPoolExecutor(1)
  const processes = new ProcessPoolExecutor(1)
  process.stdout.write(`thread ${threads.submit(square, 3).result()}, `)
  process.stdout.write(`process ${processes.submit(coroutine, 3).result()}, `)
  const timer = new Timer(1, tell)
  timer.start()
  timer.join()
  process.stdout.write(`${outcome(processes.submit(exit))}, ${outcome(threads.submit(square, 4))}`)
  const isPlain = Object.getPrototypeOf(threads.submit(failPlainly).exception()) === Error.prototype
  process.stdout.write(`, ${isPlain ? 'a plain Error' : 'another class'}\n`)
  threads.shutdown()
  processes.shutdown()
  runSync(coroutine(1))
}
