// Runs more random programs than the tests do: npm run fuzz conformance -- --random 100000 --seed 7
// With --area driver (or streams,interrupt), each has constructs of that family (or both); --host: the host drives.

import { parseArgs } from 'node:util'
import { CPython } from './cpython.ts'
import { describeRandomDifferences, firstRandomDifferences, randomDifferencesByHost } from './random/run.ts'

const { values } = parseArgs({
  options: {
    random: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000_000) },
    most: { type: 'string', default: '3' },
    area: { type: 'string' },
    host: { type: 'boolean', default: false },
  },
})
const count = Number(values.random)
const seed = Number(values.seed)

const cpython = await CPython.start()
console.log(`${count} random programs from seed ${seed} on, on CPython ${cpython.version} and on Spindle`)
const run = values.host ? randomDifferencesByHost : firstRandomDifferences
const differences = await run(cpython, {
  seed,
  count,
  most: Number(values.most),
  area: values.area,
  onProgress(done) {
    if (done % 10_000 === 0) console.log(`  ${done}`)
  },
})
if (differences.length > 0) console.log(`\n${describeRandomDifferences(differences)}\n`)
console.log(differences.length === 0 ? 'no difference' : `${differences.length} differ`)
process.exitCode = differences.length === 0 ? 0 : 1
