// Runs tests of a package on its built files, as users install them, although the tests import its sources.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { setup as build, builtModules } from './built-packages.mjs'
import { COMPILED, compiledPath } from './compiled-path.mjs'
import { setup as compile } from './compiled-programs.mjs'
import { importBuilt } from './import-built.mjs'
import { settings } from './settings.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const FIXTURE = /'(\.\.?\/[\w./-]+\.fixture\.ts)'/g

const IMPORTS_SPINDLE = /^(?:import|\}) .*from '(?:@spindle\/|spindle[/']|\.\/)/m // themselves, or through a fixture

/**
 * Returns the test files that use only the public exports of their package, with Vitest settings under which they, and
 * the threads and processes that they start, import each package as it is installed. Fixtures are compiled, so that
 * threads and processes need no loader. Builds and compiles first what is out of date.
 *
 * @param {readonly string[]} packages
 */
export async function builtTests(packages) {
  await build()
  await compile()
  const beside = packages.flatMap((name) => testsIn(`packages/${name}/src/`))
  // Programs that a test starts use the built packages in any case. Only tests that import Spindle themselves differ.
  const apart = packages
    .flatMap((name) => testsIn(`test/${name}/`))
    .filter((file) => IMPORTS_SPINDLE.test(textOf(file)))
  const include = [...beside, ...apart].filter((file) => importBuilt(textOf(file), file).internal.length === 0)
  return {
    include,
    alias: Object.entries(builtModules(settings().packed ?? `${root}${COMPILED}`)).map(([find, replacement]) => ({
      find: new RegExp(`^${find}$`),
      replacement,
    })),
    plugin: {
      name: 'import-built',
      enforce: /** @type {const} */ ('pre'),
      /** @type {(source: string, id: string) => { code: string, map: null }} */
      transform: (source, id) => ({ code: importCompiled(importBuilt(source, id).source, id), map: null }),
    },
    server: { deps: { external: [/\/\.compiled\//] } },
  }
}

/** @param {string} source @param {string} id */
function importCompiled(source, id) {
  return source.replace(FIXTURE, (all, specifier) => {
    const compiled = `${root}${compiledPath(relative(root, join(dirname(id), specifier)).replaceAll('\\', '/'))}`
    return existsSync(compiled) ? `'${pathToFileURL(compiled).href}'` : all
  })
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
