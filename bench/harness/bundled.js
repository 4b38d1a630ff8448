// A program of `start-up/` or `whole/` as bundlers make it for production: one file, with what it uses, minified.

import { mkdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { directory } from './spindle-entries.js'

const target = fileURLToPath(new URL('../dist/bundled', import.meta.url))
const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * The command that runs the same program, bundled.
 *
 * @param {string[]} command
 */
export async function bundled(command) {
  const program = command.at(-1) ?? ''
  const file = `${target}/${program.slice(root.length)}`
  const bundle = await rolldown({
    input: program,
    resolve: { modules: [`${directory}/node_modules`], conditionNames: ['module', 'import', 'default'] },
    platform: 'node',
    plugins: [
      { name: 'static', load: (id) => (id === program ? withStaticImport(readFileSync(id, 'utf8')) : undefined) },
    ],
  })
  mkdirSync(target, { recursive: true })
  await bundle.write({ file, format: 'esm', minify: true })
  return [...command.slice(0, -1), file]
}

/**
 * A program imports Spindle from the path that it is given as its argument. A bundler needs the name of the package.
 *
 * @param {string} code
 */
function withStaticImport(code) {
  return code.replace(/const (\{.*\}) = await import\(.*'spindle'\)/, "import $1 from 'spindle'")
}
