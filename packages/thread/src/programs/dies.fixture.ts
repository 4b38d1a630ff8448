// Workers that end without a word, while the main thread blocks in join().
import { isMain, Thread } from '../index.ts'

export function fillsMemory(): void {
  const kept: unknown[] = []
  for (;;) kept.push(new Array(1000).fill({}))
}

if (isMain(import.meta)) {
  const thread = new Thread({ target: fillsMemory })
  thread.start()
  thread.join()
  console.log(`alive: ${thread.isAlive()}`)
}
