// Stands for Node's modules in a browser: a file that imports one is loaded, and a test that asks for it is skipped,
// whatever becomes of the error on its way.

import { TestRunner } from 'vitest'

function absent() {
  const test = TestRunner.getCurrentTest()
  if (test !== undefined) test.context.skip('only Node has this')
  return ''
}

export {
  absent as execFile,
  absent as fileURLToPath,
  absent as getEventListeners,
  absent as inspect,
  absent as promisify,
  absent as readFileSync,
}
