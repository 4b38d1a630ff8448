// `npm run test:all`: everything in its long form, then the tests of loop and task on every platform that is here or can be had.

import { conclude, testAll } from '../../scripts/test.mjs'
import { platformsBesides, testPlatforms } from './platforms.js'

process.env['SPINDLE_TESTS'] = 'all'
const here = await testAll(process.argv.slice(2))
const elsewhere = await testPlatforms(platformsBesides(process.execPath))
// In CI nothing may be left out: a platform that is not there is a failure.
const missing = process.env['CI'] === 'true' ? elsewhere.skipped : 0
conclude({ passed: here.passed + elsewhere.passed, failed: here.failed + elsewhere.failed + missing })
