// A program that ends in the way it is told to.

import type { Coroutine } from '@spindle/loop'
import { sleep } from '@spindle/task'
import { runMain } from '../run-main.ts'

function* main(how: string | undefined): Coroutine<number | undefined> {
  if (how === 'return') return 5
  if (how === 'throw') throw new Error('broken')
  if (how === 'nothing') return undefined
  try {
    console.log('ready')
    yield* sleep(60_000)
  } finally {
    console.log('cleaning up')
    yield* sleep(how === 'slow' ? 60_000 : 20)
    console.log('cleaned up')
  }
  return 0
}
await runMain(main(process.argv[2]))
console.log('after')
