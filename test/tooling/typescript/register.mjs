// Lets Node run the repository's TypeScript: `node --import ./test/tooling/typescript/register.mjs program.ts`. It
// costs a tenth of tsx, as what was compiled is kept by content.

//
// With SPINDLE_TEST_PACKAGES=<a JSON file of built-packages.mjs> it takes the packages from there instead of from their
// sources.

import * as module from 'node:module'
import { isMainThread } from 'node:worker_threads'

/** Called in a thread that Spindle starts from one that has this loader. */
export function register() {
  const loaded = Reflect.get(process.features, 'typescript')
  // Node 22 only removes the types, and would stumble over `using`.
  const onlyStrips = loaded === 'strip' && process.versions.node.startsWith('22.')
  if (loaded && !onlyStrips) return
  // Vitest compiles what it loads by itself; what it starts inherits the option.
  const isVitest = isMainThread && /vitest.dist.workers/.test(process.argv[1] ?? '')
  if (!isVitest) {
    module.register(new URL('./hooks.mjs', import.meta.url), { data: { built: process.env['SPINDLE_TEST_PACKAGES'] } })
    process.setSourceMapsEnabled(true)
  }
  // As Node 22.18 and later say that they load .ts files by themselves.
  Object.defineProperty(process.features, 'typescript', { value: 'transform', configurable: true, enumerable: true })
  Reflect.set(globalThis, Symbol.for('spindle.loader'), import.meta.url)
}

register()
