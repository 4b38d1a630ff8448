// Explores the primitives until one fails. It runs on sources with a planted bug: see plant.ts.

import { ExplorationError, explore } from '@spindle/testing'
import { primitives } from '../bugs/primitives.ts'

for (const { name, setup, program, check } of primitives) {
  try {
    await explore(program, { setup, check, late: 0, runs: 500, maxSteps: 5_000 } as never)
    await explore(program, { setup, check, cancel: 'twice', runs: 1_000, maxSteps: 5_000 } as never)
  } catch (error) {
    if (!(error instanceof ExplorationError)) throw error
    console.log(`${name}: ${error.kind}, in run ${error.runs.found}: ${error.replay || 'in the ordinary run'}`)
    process.exit(1)
  }
}
console.log('no schedule failed')
