import { readFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Tests import the layers of `spindle` by their own names. The file of the built package that replaces each layer.
 * @type {Readonly<Record<string, string>>}
 */
export const FLOORS = {
  '@spindle/loop': 'spindle/internal',
  '@spindle/loop/internal': 'spindle/internal',
  '@spindle/task': 'spindle/internal',
  '@spindle/thread': 'spindle/internal/thread',
  '@spindle/thread/internal': 'spindle/internal/thread',
  '@spindle/node': 'spindle/node',
}

const root = fileURLToPath(new URL('../..', import.meta.url))
const FLOOR = /'(@spindle\/(?:loop|task|thread|node)(?:\/internal)?)'/g
const IMPORT = /(\b(?:import|export)\s+(?:type\s+)?(\*\s+as\s+\w+|\{[^}]*\}|\w+)\s+from\s+)'(\.[^']+)'/g

/** @type {Map<string, ReadonlySet<string>>} */
const exported = new Map()

/**
 * The source of a test or fixture of a package, changed to import the built package instead of its sources. `internal`
 * lists imported names that the package does not export: a file that imports any of them can only run on the
 * sources.
 *
 * @param {string} source
 * @param {string} file
 */
export function importBuilt(source, file) {
  /** @type {string[]} */
  const internal = []
  const [, name] = /^(?:test|packages)\/(\w+)\//.exec(relative(root, file).replaceAll('\\', '/')) ?? []
  if (name === undefined || !/\.(?:test|fixture)\.ts$/.test(file)) return { source, internal }
  const code = source.replace(IMPORT, (all, start, what, specifier) => {
    const target = relative(root, resolve(dirname(file), specifier)).replaceAll('\\', '/')
    if (!target.startsWith(`packages/${name}/src/`) || target.endsWith('.fixture.ts')) return all
    const missing = namesIn(what).filter((each) => !exportsOf(name).has(each))
    internal.push(...missing)
    return missing.length > 0 ? all : `${start}'@spindle/${name}'`
  })
  return { source: code.replace(FLOOR, (_, floor) => `'${FLOORS[floor]}'`), internal }
}

/** @param {string} what */
function namesIn(what) {
  if (!what.startsWith('{')) return what.startsWith('*') ? [] : ['default']
  return what
    .slice(1, -1)
    .split(',')
    .map((each) => each.trim())
    .filter((each) => each !== '' && !each.startsWith('type '))
    .map((each) => /** @type {string} */ (each.split(/\s+as\s+/)[0]))
}

/** @param {string} name */
function exportsOf(name) {
  const known = exported.get(name)
  if (known !== undefined) return known
  const index = readFileSync(`${root}packages/${name}/src/index.ts`, 'utf8')
  const lists = [...index.matchAll(/^export (\{[^}]*\})/gm)].flatMap(([, list = '']) => namesIn(list))
  const names = new Set(lists)
  exported.set(name, names)
  return names
}
