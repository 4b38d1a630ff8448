// Runs storms until one fails. It runs on sources with a planted bug: see plant.ts.

import fc from 'fast-check'
import { runStorm, stormPrograms } from '../task/cancel-storm.fixture.ts'

const STORMS = 20_000

declare const process: { exit(code: number): never }
declare const console: { log(text: string): void }

for (const [index, program] of fc.sample(stormPrograms, { numRuns: STORMS, seed: 2 }).entries()) {
  const [fault] = runStorm(program)
  if (fault === undefined) continue
  console.log(`storm ${index + 1}: ${fault}`)
  process.exit(1)
}
console.log(`${STORMS} storms went well`)
