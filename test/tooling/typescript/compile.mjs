// Compiles TypeScript for the hooks, into a cache by content.

import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { importBuilt } from '../import-built.mjs'

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/typescript/', import.meta.url))

/**
 * The file as JavaScript with a source map, from the cache if the same text has been compiled before.
 *
 * @param {string} file
 * @param {boolean} isBuilt whether it imports the built package instead of its sources
 */
export async function compiled(file, isBuilt) {
  const source = sourceOf(file, isBuilt)
  const cached = pathOf(file, source)
  try {
    return readFileSync(cached, 'utf8')
  } catch {
    const { transformSync } = await import('esbuild')
    return write(cached, transformSync(source, optionsFor(file)).code)
  }
}

/**
 * Compiles those of the files that are not in the cache, both ways. That takes a tenth of the time that it takes when
 * each program compiles what it loads.
 *
 * @param {readonly string[]} files
 */
export async function compileAll(files) {
  /** @type {Map<string, { file: string, source: string }>} */
  const missing = new Map()
  for (const file of files)
    for (const isBuilt of [false, true]) {
      const source = sourceOf(file, isBuilt)
      const path = pathOf(file, source)
      if (!existsSync(path)) missing.set(path, { file, source })
    }
  if (missing.size === 0) return
  const { transform } = await import('esbuild')
  await Promise.all(
    [...missing].map(async ([path, { file, source }]) => {
      write(path, (await transform(source, optionsFor(file))).code)
    }),
  )
}

/** @param {string} file @param {boolean} isBuilt */
function sourceOf(file, isBuilt) {
  const text = readFileSync(file, 'utf8')
  return isBuilt ? importBuilt(text, file).source : text
}

/** @param {string} file @param {string} source */
function pathOf(file, source) {
  return `${CACHE}${createHash('sha1').update('2').update(basename(file)).update(source).digest('hex')}.js`
}

/** @param {string} file */
function optionsFor(file) {
  return /** @type {const} */ ({
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    keepNames: true, // these two as in tsx, so that functions look the same to the programs
    minifyWhitespace: true,
    sourcefile: basename(file),
    sourcemap: 'inline',
    sourcesContent: false,
  })
}

/** @param {string} path @param {string} code */
function write(path, code) {
  mkdirSync(CACHE, { recursive: true })
  const part = `${path}.${randomUUID()}` // several threads may compile the same file
  writeFileSync(part, code)
  renameSync(part, path) // so that no thread reads half of it
  return code
}
