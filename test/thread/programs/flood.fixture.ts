// More output than a pipe holds, alternately from two threads and main, to a slow reader.
import { isMain, Thread } from 'spindle/thread'

export function flood(name: string, lines: number): void {
  for (let line = 0; line < lines; line++) process.stdout.write(`${name} ${line} ${'x'.repeat(100)}\n`)
}

if (isMain(import.meta)) {
  process.stdout.write('start\n') // from now on the pipe does not block
  const threads = ['a', 'b'].map((name) => new Thread({ target: flood, args: [name, 3000] }))
  for (const thread of threads) thread.start()
  for (const thread of threads) thread.join()
  console.log('end')
}
