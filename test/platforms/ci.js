// What `.ci/run` runs: `npm test`, and then the core's tests on the platforms that are here, or can be had. One that can't is printed as
// skipped; the Node that runs this has had its turn.

import { conclude, testAll } from '../../scripts/test.mjs'
import { platformsBesides, testPlatforms } from './platforms.js'

const here = testAll()
const elsewhere = await testPlatforms(platformsBesides(process.execPath))
conclude({ passed: here.passed + elsewhere.passed, failed: here.failed + elsewhere.failed })
