// Runs compositions until one fails. It runs on sources with a planted bug: see plant.ts.

import fc from 'fast-check'
import { compositions, faultOf, isKnown } from '../compositions/composition.ts'

const COMPOSITIONS = 2000

for (const [index, composition] of fc.sample(compositions, { numRuns: COMPOSITIONS, seed: 2 }).entries()) {
  const fault = await faultOf(composition)
  if (fault === undefined || isKnown(composition, fault)) continue
  console.log(`composition ${index + 1}, ${fault}: ${JSON.stringify(composition)}`)
  process.exit(1)
}
console.log(`${COMPOSITIONS} compositions went well`)
process.exit(0) // what a broken source has left may still wait
