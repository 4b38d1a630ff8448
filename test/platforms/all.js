// `npm run test:all`: everything in its long form, and the browser examples and the Lab in Chromium; then, in the short
// form, the tests that can run on the built packages, and those of loop and task on every platform that is or can be
// installed: random programs and large numbers have been tried by then.

import { existsSync } from 'node:fs'
import { conclude, runTests, testAll } from '../../scripts/test.mjs'
import { platformsBesides, testPlatforms } from './platforms.js'

process.env['SPINDLE_TESTS'] = 'all'
const here = await testAll(process.argv.slice(2))
// If there is no Chromium, the run of the platforms reports it.
const browserTests = existsSync('/usr/bin/chromium')
  ? [
      await runTests(['--config=examples/browser/vitest.config.ts'], 'npm run test:browser --'),
      await runTests(['--config=apps/lab/vitest.config.ts'], 'npm run test:lab --'),
    ]
  : []
delete process.env['SPINDLE_TESTS']
const built = await runTests(['--config=vitest.built.config.ts'], 'npm run test:built --')
const elsewhere = await testPlatforms(platformsBesides(process.execPath))
// In CI nothing may be left out: a missing platform is a failure.
const missing = process.env['CI'] === 'true' ? elsewhere.skipped : 0
const counts = [here, ...browserTests, built, elsewhere, { passed: 0, failed: missing }]
conclude({ passed: sum(counts.map(({ passed }) => passed)), failed: sum(counts.map(({ failed }) => failed)) })

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0)
}
