// Measures how many bytes a program adds to a page: bundled for browsers from installed packages, minified, compressed.

import { SourceMap } from 'node:module'
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
 * The minified text of a program in pieces, each with the path of the source that it comes from.
 *
 * @param {string} code
 * @param {string} folder
 */
export async function piecesOf(code, folder) {
  const { outputFiles = [] } = await build({ ...optionsOf(code, folder), sourcemap: 'external', outdir: folder })
  const [map, text] = ['.map', '.js'].map((end) => outputFiles.find(({ path }) => path.endsWith(end))?.text ?? '')
  const sources = new SourceMap(JSON.parse(map ?? ''))
  /** @type {{ path: string, text: string }[]} */
  const pieces = []
  for (const [row, line] of (text ?? '').split('\n').entries()) {
    for (const [column, character] of [...`${line}\n`].entries()) {
      const entry = sources.findEntry(row, column)
      const path = 'originalSource' in entry ? entry.originalSource : ''
      const last = pieces.at(-1)
      if (last !== undefined && last.path === path) last.text += character
      else pieces.push({ path, text: character })
    }
  }
  return pieces
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
