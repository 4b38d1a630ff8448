// Starts programs whose children do everything that children do, and waits for them. Argument `unguarded`: without a
// guard. Argument `silent`: starts nothing.

import { gather, run, sleep } from 'spindle'
import { runProcess } from 'spindle/node'
import { children } from './process-trees.ts'

const [how] = process.argv.slice(2)
const scripts = how === 'silent' ? [] : Object.values(children)
console.log('begins')
await run(function* () {
  yield* gather([
    ...scripts.map((script) => runProcess(['sh', '-c', `${script}\nsleep 600`], { guard: how !== 'unguarded' })),
    sleep(600_000),
  ])
})
