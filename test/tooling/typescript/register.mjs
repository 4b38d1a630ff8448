// Lets Node run the repository's TypeScript: `node --import ./test/tooling/typescript/register.mjs program.ts`. It
// takes a tenth of the time of tsx, because compiled files are cached by content.
//
// With SPINDLE_TEST_PACKAGES=<a JSON file of built-packages.mjs>, it uses the built packages instead of their
// sources. With `?fixtures` behind it, fixtures that import the sources of their package use the built one, too.

import * as module from 'node:module'
import { isMainThread } from 'node:worker_threads'

/** Called in a thread that Spindle starts from a thread with this loader. */
export function register() {
  const loaded = Reflect.get(process.features, 'typescript')
  // Node 22 only removes the types, and does not support `using`.
  const onlyStrips = loaded === 'strip' && process.versions.node.startsWith('22.')
  const built = process.env['SPINDLE_TEST_PACKAGES']
  if (loaded && !onlyStrips && built === undefined) return
  // Vitest compiles the files that it loads itself. Processes that it starts inherit the option.
  const isVitest = isMainThread && /vitest.dist.workers/.test(process.argv[1] ?? '')
  if (!isVitest) {
    module.register(new URL('./hooks.mjs', import.meta.url), { data: { built } })
    process.setSourceMapsEnabled(true)
  }
  // Node 22.18 and later report with this value that they load .ts files without a loader.
  Object.defineProperty(process.features, 'typescript', { value: 'transform', configurable: true, enumerable: true })
  Reflect.set(globalThis, Symbol.for('spindle.loader'), import.meta.url)
}

register()
