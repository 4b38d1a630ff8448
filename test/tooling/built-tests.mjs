// Runs tests of a package on its built files, as users install them, although the tests import its sources.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { MODULES } from './built-modules.mjs'
import { setup } from './built-packages.mjs'
import { importBuilt } from './import-built.mjs'

const IMPORTS_SPINDLE = /^(?:import|\}) .*from '(?:@spindle\/|spindle[/']|\.\/)/m // themselves, or through a fixture

/**
 * Returns the test files that use only the public exports of their package, with Vitest settings under which they, and
 * the threads and processes that they start, import each package from its `dist`. Builds the packages first if they are
 * out of date.
 *
 * @param {readonly string[]} packages
 */
export async function builtTests(packages) {
  await setup()
  const beside = packages.flatMap((name) => testsIn(`packages/${name}/src/`))
  // Programs that a test starts use the built packages in any case. Only tests that import Spindle themselves differ.
  const apart = packages
    .flatMap((name) => testsIn(`test/${name}/`))
    .filter((file) => IMPORTS_SPINDLE.test(textOf(file)))
  const include = [...beside, ...apart].filter((file) => importBuilt(textOf(file), file).internal.length === 0)
  /** @type {Record<string, string>} */
  const modules = JSON.parse(readFileSync(MODULES, 'utf8'))
  return {
    include,
    env: { SPINDLE_TEST_PACKAGES: MODULES, SPINDLE_TEST_BUILT: '1' }, // for threads and processes: test/tooling/typescript
    alias: Object.entries(modules).map(([find, url]) => ({
      find: new RegExp(`^${find}$`),
      replacement: fileURLToPath(url),
    })),
    plugin: {
      name: 'import-built',
      enforce: /** @type {const} */ ('pre'),
      /** @type {(source: string, id: string) => { code: string, map: null }} */
      transform: (source, id) => ({ code: importBuilt(source, id).source, map: null }),
    },
  }
}

/** @param {string} path */
function testsIn(path) {
  const folder = fileURLToPath(new URL(`../../${path}`, import.meta.url))
  if (!existsSync(folder)) return []
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return files.filter((file) => file.endsWith('.test.ts')).map((file) => `${folder}${file}`)
}

/** @param {string} file */
function textOf(file) {
  return readFileSync(file, 'utf8')
}
