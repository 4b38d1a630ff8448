// The pictures in the docs: made from the examples, so that they show what the programs do. pictures.test.ts makes them
// again. `npx tsx test/docs/pictures.ts` writes them.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { draw, summary } from '@spindle/inspect'
import { runProgram } from '../../apps/lab/src/sandbox/run-program.ts'

const root = new URL('../../', import.meta.url)

/** Which example is on which picture. */
export const PICTURES: readonly (readonly [example: string, picture: string])[] = [
  ['examples/cancellation/03_clean_up_that_waits.ts', 'docs/pictures/clean-up.svg'],
  ['examples/cancellation/07_chain.ts', 'docs/pictures/chain.svg'],
  ['examples/cancellation/08_gather.ts', 'docs/pictures/gather.svg'],
  ['examples/cancellation/10_swallowed.ts', 'docs/pictures/swallowed.svg'],
]

/** Runs an example and draws the run. */
export function pictureOf(example: string): Promise<string> {
  const source = readFileSync(new URL(example, root), 'utf8')
  return new Promise((resolve, reject) => {
    runProgram({ source, schedule: [], seed: 1 }, ({ recording, failure }) => {
      if (failure !== undefined) reject(new Error(`${example}: ${failure.message}`))
      else resolve(`${draw(recording, { title: summary(recording) }).svg}\n`)
    })
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [example, picture] of PICTURES) writeFileSync(new URL(picture, root), await pictureOf(example))
}
