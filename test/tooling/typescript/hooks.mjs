import { createHash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { importBuilt } from '../import-built.mjs'

const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/typescript/', import.meta.url))

/** @type {Record<string, string>} import specifier → the built file */
let built = {}

/** @param {{ built: string | undefined }} data */
export function initialize(data) {
  if (data.built !== undefined) built = JSON.parse(readFileSync(data.built, 'utf8'))
}

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  const url = built[specifier]
  return url === undefined ? nextResolve(specifier, context) : { url, format: 'module', shortCircuit: true }
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !/\.ts(?:[?#]|$)/.test(url)) return nextLoad(url, context)
  return { format: 'module', source: await compiled(fileURLToPath(url)), shortCircuit: true }
}

/**
 * The file as JavaScript with a source map, from the cache if the same text has been compiled before.
 *
 * @param {string} file
 */
async function compiled(file) {
  const text = readFileSync(file, 'utf8')
  const source = process.env['SPINDLE_TEST_BUILT'] ? importBuilt(text, file).source : text
  const key = createHash('sha1').update('2').update(basename(file)).update(source).digest('hex')
  const cached = `${CACHE}${key}.js`
  try {
    return readFileSync(cached, 'utf8')
  } catch {
    const { transformSync } = await import('esbuild')
    const { code } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node20',
      keepNames: true, // these two as in tsx, so that functions look the same to the programs
      minifyWhitespace: true,
      sourcefile: basename(file),
      sourcemap: 'inline',
      sourcesContent: false,
    })
    mkdirSync(CACHE, { recursive: true })
    const part = `${cached}.${randomUUID()}` // several threads may compile the same file
    writeFileSync(part, code)
    renameSync(part, cached) // so that no thread reads half of it
    return code
  }
}
