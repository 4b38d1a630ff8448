// Measures how many bytes a program adds to a page: bundled for browsers from installed packages, minified, compressed.

import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { rolldown } from 'rolldown'

/**
 * @typedef {(code: string, folder: string) => Promise<string>} Bundler bundles a program, as if it were in that folder,
 * into one minified text
 */

/** @type {Bundler} */
export async function byEsbuild(code, folder) {
  const { outputFiles } = await build(optionsOf(code, folder))
  return outputFiles[0]?.text ?? ''
}

/**
 * The number of bytes of the minified text that come from each module, by its path.
 *
 * @param {string} code
 * @param {string} folder
 */
export async function modulesOf(code, folder) {
  const { metafile } = await build({ ...optionsOf(code, folder), metafile: true })
  const [output] = Object.values(metafile.outputs)
  return Object.entries(output?.inputs ?? {}).map(([path, { bytesInOutput }]) => ({ path, bytes: bytesInOutput }))
}

/**
 * @param {string} code
 * @param {string} folder
 * @returns {import('esbuild').BuildOptions & { write: false }}
 */
function optionsOf(code, folder) {
  return {
    stdin: { contents: code, resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    legalComments: 'none',
    external: ['node:*'], // imports that a library needs only on Node
    write: false,
  }
}

/** @type {Bundler} */
export async function byRolldown(code, folder) {
  const bundle = await rolldown({
    input: 'program',
    cwd: folder,
    platform: 'browser',
    external: /^node:/,
    resolve: { conditionNames: ['module', 'browser', 'import'] }, // like Vite
    plugins: [programPlugin(code, folder)],
  })
  const { output } = await bundle.generate({ minify: true, format: 'esm', comments: { legal: false } })
  return output[0].code
}

/**
 * A program that is not in a file.
 *
 * @param {string} code
 * @param {string} folder
 */
export function programPlugin(code, folder) {
  const program = `${folder}/program.js`
  return {
    name: 'program',
    resolveId: (/** @type {string} */ id) => (id === 'program' ? program : undefined),
    load: (/** @type {string} */ id) => (id === program ? code : undefined),
  }
}

/**
 * For bundlers without a minifier.
 *
 * @param {string} code
 */
export async function minified(code) {
  return (await transform(code, { minify: true, format: 'esm', legalComments: 'none' })).code
}

/** @param {string} text */
export function gzipSize(text) {
  return gzipSync(text, { level: 9 }).length
}
