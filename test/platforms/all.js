// `npm run test:all`: everything in its long form, and the browser examples and the Lab in Chromium; then, in the short
// form, the tests that can run on the built packages, and those of loop and task on every platform that is or can be
// installed: random programs and large numbers have been tried by then. With `-- --short`, all is in the short form.

import { existsSync } from 'node:fs'
import { conclude, runTests, testAll } from '../../scripts/test.mjs'
import { platformsBesides, testPlatforms } from './platforms.js'

const [form, ...args] = process.argv.slice(2)
if (form !== '--short') process.env['SPINDLE_TESTS'] = 'all'
const here = await testAll(form === undefined || form === '--short' ? args : [form, ...args])
const longForm = { ...process.env }
delete process.env['SPINDLE_TESTS']
// Concurrently: Chromium alone would leave a core idle.
const [browserTests, [built, elsewhere]] = await Promise.all([inChromium(), builtAndElsewhere()])
// In CI nothing may be left out: a missing platform is a failure.
const missing = process.env['CI'] === 'true' ? elsewhere.skipped : 0
const counts = [here, ...browserTests, built, elsewhere, { passed: 0, failed: missing }]
conclude({ passed: sum(counts.map(({ passed }) => passed)), failed: sum(counts.map(({ failed }) => failed)) })

async function inChromium() {
  if (!existsSync('/usr/bin/chromium')) return [] // the run of the platforms reports it
  const [env, examples, lab] = [longForm, 'examples/browser/vitest.config.ts', 'apps/lab/vitest.config.ts']
  return [
    await runTests([`--config=${examples}`], { command: 'npm run test:browser --', env }),
    await runTests([`--config=${lab}`], { command: 'npm run test:lab --', env }),
  ]
}

async function builtAndElsewhere() {
  const built = await runTests(['--config=vitest.built.config.ts'], { command: 'npm run test:built --' })
  return /** @type {const} */ ([built, await testPlatforms(platformsBesides(process.execPath))])
}

/** @param {number[]} numbers */
function sum(numbers) {
  return numbers.reduce((a, b) => a + b, 0)
}
