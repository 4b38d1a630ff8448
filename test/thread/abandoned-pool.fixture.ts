// A pool that nobody refers to any more: its threads end when its calls have.

import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { enumerate, isMain, sleep, ThreadPoolExecutor } from 'spindle/thread'

export function work(ms: number): number {
  sleep(ms)
  return ms
}

const names = (): string =>
  enumerate()
    .map(({ name }) => name)
    .join(' ')

if (isMain(import.meta)) {
  setFlagsFromString('--expose-gc')
  const gc = runInNewContext('gc') as () => void
  const futures = (() => {
    const executor = new ThreadPoolExecutor(1, { threadNamePrefix: 'abandoned' })
    return [executor.submit(work, 1), executor.submit(work, 50)]
  })()
  console.log(names())
  for (let time = 0; time < 200 && names() !== 'MainThread'; time++) {
    gc()
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  console.log(names(), futures.map((future) => future.result(0)).join())
}
