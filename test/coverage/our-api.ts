// What users of Spindle find, read off the sources: types are part of it, and at run time there are none.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root } from '../tooling/run-example.ts'

/** The modules users import, in the order in which a name of asyncio is looked for. */
const MODULES = {
  spindle: ['index.ts'],
  'spindle/tools': ['tools.ts'],
  'spindle/types': ['types.ts'],
  'spindle/node': ['node.ts', 'node-types.ts'],
  'spindle/thread': ['thread.ts', 'threading.ts', 'concurrent.ts', 'thread-types.ts'],
}

/** What one name of a module stands for. */
export interface OurExport {
  /** What to import it from, such as `spindle/node`. */
  readonly module: string
  /** Where it is declared, from the root of the repository. */
  readonly file: string
  /** Of a class or interface: its public members, inherited ones too. */
  readonly members: ReadonlySet<string>
}

/** All that can be imported, by name, from any module or from one. */
export function readOurApi(only?: keyof typeof MODULES): Map<string, OurExport> {
  const api = new Map<string, OurExport>()
  for (const [module, indexes] of Object.entries(MODULES)) {
    if (only !== undefined && module !== only) continue
    for (const [name, file] of indexes.flatMap((index) => exportsOf(`packages/spindle/src/${index}`))) {
      if (!api.has(name)) api.set(name, { module, file, members: membersOf(name, file) })
    }
  }
  return api
}

/** The public members that the text of a source declares for a class or interface, and the name of what it extends. */
export function declaredMembers(name: string, source: string): { members: string[]; parent: string | undefined } {
  const types = '(?:<(?:=>|[^<>]|<[^<>]*>)*>)?'
  const head = `^(?:export )?(?:abstract )?(?:class|interface) ${name}\\b${types}(?: extends (\\w+))?.*?(\\{\\})?$`
  const start = new RegExp(head, 'm').exec(source)
  if (start === null) return { members: [], parent: undefined }
  const body = start[2] === undefined ? source.slice(start.index, source.indexOf('\n}', start.index)) : ''
  // A member stands two spaces in; what a comment marks as internal, and what is private or protected, users do not
  // see.
  const member =
    /((?:^ {2}(?:\/\*\*| \*|\/\/).*\n)*)^ {2}(?!private |protected )(?:(?:static|override|readonly|abstract|declare|async|get|set) )*\*?(\w+)\??(?:[(<:!]| =)/gm
  const members = [...body.matchAll(member)]
    .filter(([, comment = '']) => !comment.includes('@internal'))
    .map(([, , found = '']) => found)
  return { members: members.filter((found) => found !== 'constructor'), parent: start[1] }
}

function membersOf(name: string, file: string): ReadonlySet<string> {
  const source = readFileSync(`${root}${file}`, 'utf8')
  const { members, parent } = declaredMembers(name, source)
  const inherited = parent === undefined ? undefined : fileOf(parent, file, source)
  return new Set([...members, ...(inherited === undefined ? [] : membersOf(parent as string, inherited))])
}

// Where a name that a file uses is declared: here, where it is imported from, or, for a class of JavaScript itself,
// nowhere.
function fileOf(name: string, file: string, source: string): string | undefined {
  if (new RegExp(`^(?:export )?(?:abstract )?(?:class|interface) ${name}\\b`, 'm').test(source)) return file
  for (const [, list = '', module = ''] of source.matchAll(/^import (?:type )?\{([^}]*)\} from '([^']*)'/gm)) {
    if (names(list).some(({ exported }) => exported === name)) return declaration(name, resolve(module, file))
  }
  return undefined
}

/** Each name that an index exports, and the file that declares it. */
function exportsOf(index: string): [name: string, file: string][] {
  const found: [string, string][] = []
  for (const [, list = '', module = ''] of source(index).matchAll(/export (?:type )?\{([^}]*)\} from '([^']*)'/g)) {
    const target = resolve(module, index)
    for (const { name, exported } of names(list)) {
      const file = declaration(name, target)
      if (file !== undefined) found.push([exported, file])
    }
  }
  return found
}

// Goes through the indexes in between.
function declaration(name: string, file: string | undefined): string | undefined {
  if (file === undefined || !existsSync(`${root}${file}`)) return undefined
  const next = exportedFrom(name, file)
  if (next !== undefined) return declaration(name, next)
  const [, alias] = new RegExp(`^export const ${name}: new .* = (\\w+)$`, 'm').exec(source(file)) ?? []
  const [, module] = new RegExp(`\\b${name} as ${alias}\\b.* from '([^']*)'`).exec(source(file)) ?? []
  return module === undefined ? file : resolve(module, file) // a class whose type is an interface
}

function exportedFrom(name: string, file: string): string | undefined {
  for (const [, list = '', module = ''] of source(file).matchAll(/export (?:type )?\{([^}]*)\} from '([^']*)'/g)) {
    if (names(list).some(({ exported }) => exported === name)) return resolve(module, file)
  }
  return undefined
}

function resolve(module: string, from: string): string | undefined {
  if (module.startsWith('.')) return join(dirname(from), module)
  const [, name, path = 'index'] = /^@spindle\/(\w+)(?:\/(\w+))?$/.exec(module) ?? []
  return name === undefined ? undefined : `packages/${name}/src/${path}.ts`
}

function names(list: string): { name: string; exported: string }[] {
  const entries = list.split(',').map((entry) => entry.trim().replace(/^type /, ''))
  return entries
    .filter((entry) => entry !== '')
    .map((entry) => {
      const [name = '', exported = name] = entry.split(' as ')
      return { name, exported }
    })
}

function source(file: string): string {
  return readFileSync(`${root}${file}`, 'utf8').replaceAll(/^\s*\/\/.*$/gm, '')
}
