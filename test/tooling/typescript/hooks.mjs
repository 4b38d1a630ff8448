import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { compiled } from './compile.mjs'

/** @type {Record<string, string>} import specifier → the built file */
let built = {}
let fixturesToo = false

/** @param {{ built: string | undefined }} data */
export function initialize(data) {
  const [file, mode] = data.built?.split('?') ?? []
  if (file !== undefined) built = JSON.parse(readFileSync(file, 'utf8'))
  fixturesToo = mode === 'fixtures'
}

/** @type {import('node:module').ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  const url = built[specifier]
  return url === undefined ? nextResolve(specifier, context) : { url, format: 'module', shortCircuit: true }
}

/** @type {import('node:module').LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.startsWith('file:') || !/\.ts(?:[?#]|$)/.test(url)) return nextLoad(url, context)
  return { format: 'module', source: await compiled(fileURLToPath(url), fixturesToo), shortCircuit: true }
}
