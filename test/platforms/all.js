// `npm run test:all`: everything in its long form, then the tests that can run on the built packages, those of loop and
// task on every platform that is or can be installed, and beside them the browser examples and the Lab in Chromium.

import { existsSync } from 'node:fs'
import { conclude, runTests, testAll } from '../../scripts/test.mjs'
import { platformsBesides, testPlatforms } from './platforms.js'

process.env['SPINDLE_TESTS'] = 'all'
const counts = [await testAll(process.argv.slice(2))]
await Promise.all([testElsewhere(), testInChromium()])
conclude({ passed: sum(counts.map(({ passed }) => passed)), failed: sum(counts.map(({ failed }) => failed)) })

async function testElsewhere() {
  counts.push(await runTests(['--config=vitest.built.config.ts'], 'npm run test:built --'))
  const { passed, failed, skipped } = await testPlatforms(platformsBesides(process.execPath))
  counts.push({ passed, failed })
  // In CI nothing may be left out: a missing platform is a failure.
  if (process.env['CI'] === 'true') counts.push({ passed: 0, failed: skipped })
}

async function testInChromium() {
  if (!existsSync('/usr/bin/chromium')) return // the run of the platforms reports it
  counts.push(await runTests(['--config=examples/browser/vitest.config.ts'], 'npm run test:browser --'))
  counts.push(await runTests(['--config=apps/lab/vitest.config.ts'], 'npm run test:lab --'))
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0)
}
