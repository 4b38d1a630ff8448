// How many bytes of a page a program is: bundled for browsers from installed packages, minified and compressed.

import { gzipSync } from 'node:zlib'
import { build, transform } from 'esbuild'
import { rolldown } from 'rolldown'

/**
 * @typedef {(code: string, folder: string) => Promise<string>} Bundler makes a program, as if it stood in that folder,
 * one minified text
 */

/** @type {Bundler} */
export async function byEsbuild(code, folder) {
  const { outputFiles } = await build(optionsOf(code, folder))
  return outputFiles[0]?.text ?? ''
}

/**
 * How many bytes of the minified text each module is, by its path.
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
    external: ['node:*'], // what a library asks for on Node alone
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
    resolve: { conditionNames: ['module', 'browser', 'import'] }, // as Vite has it
    plugins: [programPlugin(code, folder)],
  })
  const { output } = await bundle.generate({ minify: true, format: 'esm', comments: { legal: false } })
  return output[0].code
}

/**
 * A program that lies in no file.
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
 * For bundlers without a minifier of their own.
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
