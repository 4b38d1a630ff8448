// Modules for the search for exports: functions of all kinds, exported and private, among comments, strings and tables
// that look like exports. Each function returns a marker of its own. This thread answers a seed with a module: the
// engine lists all that a thread has loaded, such as minifiers, whenever it looks for a function.

import { parentPort } from 'node:worker_threads'
import { transformSync } from 'esbuild'
import { minifySync } from 'rolldown/experimental'
import { minify } from 'terser'
import { type Random, randomFrom } from './random-from.fixture.ts'

/** A module, with `all`: its functions; and `change`, which assigns to its variables. */
export interface RandomModule {
  /** Whether it can't be known without running it which function an export had at first, if a call has made it. */
  readonly isUnsure: boolean
  readonly isCommonJs: boolean
  readonly source: string
}

parentPort?.on('message', async (seed: number) => parentPort?.postMessage(await randomModule(randomFrom(seed))))

async function randomModule(random: Random): Promise<RandomModule> {
  const isCommonJs = random(3) === 0
  const isCompiled = isCommonJs && random(2) === 0
  const source = isCommonJs && !isCompiled ? commonJs(random) : esModule(random)
  const isUnsure = source.includes('[key] = f')
  const compiled = isCompiled ? transformSync(source, { format: 'cjs', keepNames: random(2) === 0 }).code : source
  return { isCommonJs, isUnsure, source: await minified(compiled, isCommonJs, random) }
}

async function minified(source: string, isCommonJs: boolean, random: Random): Promise<string> {
  const how = random(8)
  if (how === 0) return (await minify(source, { module: !isCommonJs, toplevel: !isCommonJs })).code ?? source
  if (how === 1)
    return transformSync(source, { minify: true, format: isCommonJs ? 'cjs' : 'esm', keepNames: random(2) === 0 }).code
  if (how === 2 || how === 3)
    return minifySync(isCommonJs ? 'module.cjs' : 'module.mjs', source, { compress: true, mangle: !isCommonJs }).code
  return how === 4 ? source.replace(/^ *\/\/.*/gm, '').replaceAll('\n', ' ') : source
}

class Parts {
  readonly #random: Random
  readonly lines: string[] = []
  readonly all: string[] = []
  readonly changes: string[] = []
  hasDefault = false
  #count = 0

  constructor(random: Random) {
    this.#random = random
  }

  /** A name that the module has not used yet. */
  name(): string {
    const word = ['price', 'exact', 'task', 'log', 'run', '$', '_a', 'default_', 'exports_'][this.#random(9)]
    return `${word}${this.#count++}`
  }

  /** The text of a function expression, with a new marker. */
  text(): string {
    const marker = `'m${this.#count++}'`
    const forms = [
      `(c) => ${marker}`,
      `c => { return ${marker} }`,
      `function () { return ${marker} }`,
      `function inner(c) { return ${marker} }`,
      `async (c) => ${marker}`,
      `async function () { return ${marker} }`,
      `function* () { yield ${marker} }`,
      `(c, d = { a: [1] }) => /* } */ ${marker}`,
    ]
    return forms[this.#random(forms.length)] as string
  }

  add(line: string, ...functions: string[]): void {
    this.lines.push(line)
    this.all.push(...functions)
  }
}

function esModule(random: Random): string {
  const parts = new Parts(random)
  for (let count = 2 + random(7); count > 0; count--) (SHAPES[random(SHAPES.length)] as Shape)(parts, random)
  shuffleLines(parts, random)
  parts.lines.push(`export const all = () => [${parts.all.join(', ')}]`)
  parts.lines.push(`export const change = () => { ${parts.changes.join('; ')} }`)
  return parts.lines.join(';\n')
}

/** Only those whose order does not matter: functions are declared before all else. */
function shuffleLines(parts: Parts, random: Random): void {
  const from = random(parts.lines.length)
  const line = parts.lines[from] as string
  if (line.startsWith('export function')) parts.lines.unshift(...parts.lines.splice(from, 1))
}

type Shape = (parts: Parts, random: Random) => void

const SHAPES: readonly Shape[] = [
  (parts) => {
    const name = parts.name()
    parts.add(`export function ${name}(c) { return 'f${name}' }`, name)
  },
  (parts) => {
    const name = parts.name()
    parts.add(`export const ${name} = ${parts.text()}`, name)
  },
  (parts) => {
    const [a, b] = [parts.name(), parts.name()]
    parts.add(`export const one${a} = 1, ${a} = ${parts.text()}, ${b} = ${parts.text()}`, a, b)
  },
  (parts) => {
    const name = parts.name()
    parts.add(`function ${name}() { return 'p${name}' }`, name)
  },
  (parts) => {
    const name = parts.name()
    parts.add(`const ${name} = ${parts.text()}`, name)
  },
  (parts) => {
    const [impl, alias, user] = [parts.name(), parts.name(), parts.name()]
    parts.add(
      `const ${impl} = ${parts.text()}; export const ${alias} = ${impl}; export const ${user} = () => [${impl}, 'u${user}'][1]`,
      impl,
      user,
    )
  },
  (parts) => {
    const [exact, rounded] = [parts.name(), parts.name()]
    parts.add(`// trap export { ${exact} as price${exact} } ;;\nexport { ${rounded} as price${exact} };`)
    parts.add(
      `function ${exact}(c) { return 'x${exact}' } function ${rounded}(c) { return 'x${rounded}' }`,
      exact,
      rounded,
    )
  },
  (parts) => {
    const name = parts.name()
    parts.add(`/** @example export default ${name} */ const ${name} = ${parts.text()}`, name)
  },
  (parts) => {
    const name = parts.name()
    parts.add(
      `export const page${name} = \`export function ${name}() {}\${[1].map((n) => \`export { ${name} }\`)}\`; const ${name} = ${parts.text()}`,
      name,
    )
  },
  (parts) => {
    const name = parts.name()
    parts.add(
      `const pattern${name} = /export { ${name} }[/"'\`]/; const ${name} = ${parts.text()}; export const has${name} = pattern${name}.test("export { ${name} }")`,
      name,
    )
  },
  (parts, random) => {
    const name = parts.name()
    const entries = `a: ${parts.text()}, b() { return 'e${name}' }, 'c d': ${parts.text()}`
    parts.add(`${random(2) ? 'export ' : ''}const ${name} = { ${entries} }`, `${name}.a`, `${name}.b`, `${name}['c d']`)
  },
  (parts, random) => {
    if (parts.hasDefault) return
    parts.hasDefault = true
    const [list, name] = [parts.name(), parts.name()]
    const before = random(2) ? `const ${list} = [${parts.text()}]; ` : `const ${list} = [];`
    const value = [
      parts.text(),
      `function ${name}() { return 'd${name}' }`,
      `(${parts.text()})`,
      `other${name}; function other${name}() { return 'o${name}' }`,
    ][random(4)]
    parts.add(
      `${before}export default ${value}; const more${list} = { g: ${parts.text()} }`,
      `...${list}`,
      `more${list}.g`,
    )
    if (value?.startsWith(`function ${name}`)) parts.all.push(name)
    if (value?.startsWith('other')) parts.all.push(`other${name}`)
  },
  (parts, random) => {
    const [variable, noop, loud] = [parts.name(), parts.name(), parts.name()]
    const isDirect = random(2) === 0
    parts.add(`const ${noop} = ${parts.text()}; const ${loud} = ${parts.text()}`, noop, loud)
    parts.add(`export let ${variable} = ${noop}; const set${variable} = (f) => { ${variable} = f }`)
    parts.changes.push(isDirect ? `${variable} = ${loud}` : `set${variable}(${loud})`)
  },
  (parts) => {
    const [variable, loud] = [parts.name(), parts.name()]
    parts.add(
      `let ${variable} = ${parts.text()}; export { ${variable} as later${variable} }; const ${loud} = ${parts.text()}`,
      variable,
      loud,
    )
    parts.changes.push(`if (Math.random() >= 0) ${variable} = ${loud}`)
  },
  (parts) => {
    const variable = parts.name()
    parts.add(`let ${variable}; ${variable} = ${parts.text()}; export { ${variable} }`, variable)
  },
  (parts) => {
    const name = parts.name()
    parts.add(`const ${name} = ${parts.text()}; export { ${name} as 'a name ${name}' }`, name)
  },
  (parts) => {
    const [a, b, c, secret] = [parts.name(), parts.name(), parts.name(), parts.name()]
    parts.add(`export const { ${a}, x: ${b}, ...rest${a} } = { ${a}: ${parts.text()}, x: ${parts.text()} }`, a, b)
    parts.add(`export const [${c}] = [${parts.text()}]; const ${secret} = ${parts.text()}`, c, secret)
  },
  (parts) => {
    const name = parts.name()
    parts.add(
      `export class K${name} { static s() { return 's${name}' } m() { return 'm${name}' } }`,
      `K${name}.s`,
      `K${name}.prototype.m`,
    )
  },
  (parts) => {
    const [make, five, six] = [parts.name(), parts.name(), parts.name()]
    parts.add(
      `const ${make} = (m) => (c) => m; export const ${five} = ${make}('${five}'); const ${six} = ${make}('${six}')`,
      five,
      six,
    )
  },
  (parts) => {
    const [wrap, name, secret] = [parts.name(), parts.name(), parts.name()]
    parts.add(
      `const ${wrap} = (f) => Object.assign((...a) => f(...a), { [Symbol.for('spindle.coroutineFunction')]: f })`,
    )
    parts.add(
      `export const ${name} = ${wrap}(function () { return 'w${name}' }); const ${secret} = ${wrap}(function () { return 'w${secret}' })`,
      name,
      secret,
    )
  },
  (parts) =>
    parts.lines.push(
      `export * as path${parts.name()} from 'node:path'; export { sep as sep${parts.name()} } from 'node:path'`,
    ),
]

function commonJs(random: Random): string {
  const parts = new Parts(random)
  const secret = parts.name()
  parts.add(
    `// trap exports.${secret} = 1 ;;\nconst ${secret} = ${parts.text()}; const text${secret} = "exports.${secret} = ${secret}"`,
    secret,
  )
  parts.add('const make = (m) => (c) => m')
  const replaced = REPLACED_EXPORTS[random(4)]?.(parts, secret)
  const exports = replaced || random(2) === 0 ? 'module.exports' : 'exports'
  for (let count = 1 + random(4); count > 0; count--)
    COMMON_JS_SHAPES[random(COMMON_JS_SHAPES.length)]?.(parts, exports, parts.name())
  parts.lines.push(`module.exports.all = () => [${parts.all.join(', ')}]`)
  parts.lines.push(`module.exports.change = () => { ${parts.changes.join('; ')} }`)
  return parts.lines.join(';\n')
}

/** Beginnings that assign to `module.exports`. */
const REPLACED_EXPORTS: readonly ((parts: Parts, secret: string) => true)[] = [
  (parts, secret) => {
    const [first, second] = [parts.name(), parts.name()]
    parts.add(`const ${first} = ${parts.text()}; function ${second}() { return 'q${second}' }`, first, second)
    parts.add(`module.exports = { ${first}, other: ${second}, table: { t: ${secret} } }`)
    return true
  },
  (parts) => {
    parts.add(`module.exports = function () { return 'q' }; module.exports.parse = ${parts.text()}`)
    parts.all.push('module.exports', 'module.exports.parse')
    return true
  },
]

const COMMON_JS_SHAPES: readonly ((parts: Parts, exports: string, name: string) => void)[] = [
  (parts, exports, name) =>
    parts.add(
      `${exports}.${name} = ${parts.text()}; ${exports}.twin${name} = ${exports}.${name}`,
      `${exports}.${name}`,
    ),
  (parts, exports, name) => {
    const get = `{ enumerable: true, get: () => ${name} }`
    parts.add(`const ${name} = ${parts.text()}; Object.defineProperty(${exports}, 'a${name}', ${get})`, name)
    parts.add(`Object.defineProperty(${exports}, 'b${name}', { enumerable: true, get() { throw new Error('no') } })`)
  },
  // Exports that change. Not to another closure of the same factory: docs/how-to/threads.md leaves that out.
  (parts, exports, name) => {
    const set = `${exports}.set${name} = (f) => { ${exports}.${name} = f }`
    parts.add(`${exports}.${name} = make('1${name}'); const loud${name} = ((c) => '2${name}')`, `${exports}.${name}`)
    parts.add(set, `loud${name}`)
    parts.changes.push(`${exports}.set${name}(loud${name})`)
  },
  (parts, exports, name) => {
    parts.add(`const api${name} = ${exports}; api${name}.${name} = make('1${name}')`, `${exports}.${name}`)
    parts.changes.push(`api${name}.${name} = ((c) => '2${name}')`)
  },
  (parts, exports, name) => {
    const get = `{ enumerable: true, get() { return ${name} } }`
    parts.add(`let ${name} = make('1${name}'); Object.defineProperty(${exports}, 'a${name}', ${get})`, name)
    parts.changes.push(`${name} = ((c) => '2${name}')`)
  },
  (parts, exports, name) => {
    const body = `e.${name} = make('1${name}'); e.set${name} = (f) => { e.${name} = f }`
    parts.add(`(function (factory) { factory(${exports}) })(function (e) { ${body} })`, `${exports}.${name}`)
    parts.changes.push(`${exports}.set${name}(((c) => '2${name}'))`)
  },
  // A factory assigns to a computed name: of an export that is assigned elsewhere, too, or only so.
  (parts, exports, name) => {
    const set = `${exports}.set${name} = (key, f) => { ${exports}[key] = f }`
    parts.add(`${exports}.${name} = make('1${name}'); ${set}`, `${exports}.${name}`)
    parts.changes.push(`${exports}.set${name}('${name}', ((c) => '2${name}'))`)
  },
  (parts, exports, name) => {
    const define = `const define${name} = (key, f) => { api${name}[key] = f }`
    parts.add(
      `const api${name} = ${exports}; ${define}; define${name}('${name}', make('1${name}'))`,
      `${exports}.${name}`,
    )
    parts.changes.push(`define${name}('${name}', ((c) => '2${name}'))`)
  },
  // Exports that look as if they changed.
  (parts, exports, name) => {
    const set = `const set${name} = (key, f) => { table${name}[key] = f; ${exports}[key] = f }`
    parts.add(`const table${name} = {}; ${exports}.${name} = ${parts.text()}; ${set}`, `${exports}.${name}`)
    parts.all.push(`set${name}`)
  },
  (parts, exports, name) =>
    parts.add(
      `${exports}.${name} = make('${name}'); ${exports}.other${name} = function (o, c) { o.${name} = c; this.${name} = make; return 'o${name}' }`,
      `${exports}.${name}`,
    ),
  (parts, exports, name) =>
    parts.add(
      `['a', 'b'].forEach((key) => { ${exports}[key + '${name}'] = make(key + '${name}') })`,
      `${exports}.a${name}`,
      `${exports}.b${name}`,
    ),
]
