// The second half of `.ci/run`: passes on what `npm test` prints, and adds the core's tests on the platforms that are here, or can be had. One
// that can't is printed as skipped; the Node that runs this has had its turn.

import { createInterface } from 'node:readline'
import { conclude } from '../../scripts/test.mjs'
import { platformsBesides, testPlatforms } from './platforms.js'

let last = ''
for await (const line of createInterface({ input: process.stdin })) {
  console.log(line)
  last = line
}
const [, passed = 0, failed = 1] = /^(\d+) passed, (\d+) failed$/.exec(last) ?? []
const elsewhere = await testPlatforms(platformsBesides(process.execPath))
conclude({ passed: Number(passed) + elsewhere.passed, failed: Number(failed) + elsewhere.failed })
