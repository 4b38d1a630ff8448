// Builds the dist of the published packages. The code is bundled into one file per entry point, because each loaded
// module adds half a millisecond to the start-up. Code that several entry points of a package share goes into an
// additional file, so that it exists once. Nothing is minified, and the source maps contain the sources: a debugger
// that steps in shows them.
//
// `spindle` is built of five folders: its own and its floors. `runtime.js` holds all of loop and task; `index.js`
// names what users import of it, and the files of threads and of Node import it as `#runtime`. `browser/` has the same
// for bundles of pages, through the conditions `module` and `browser`: in it `x.browser.ts` replaces `x.ts`, and
// bundlers can leave out whatever a page does not use. Node does not know these conditions, so a program has one
// runtime or the other, never both.
//
// The declarations are generated one source at a time: isolatedDeclarations guarantees that those of a file depend on
// that file alone, and `npm run check` checks the types. Members marked @internal are left out of the declarations
// although other Spindle packages use them.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { isolatedDeclarationSync } from 'rolldown/experimental'
import { parseAst } from 'rolldown/parseAst'
import { anchorOf } from './anchor-of.mjs'
import { root } from './setup.mjs'
import { skill } from './skill.mjs'

// What the folders that are published as parts of `spindle` import of one another.
const FLOOR = /^@spindle\/(loop|task|thread|node)(?:\/(internal))?$/
const RUNTIME = /^@spindle\/(?:loop|task)(?:\/internal)?$/

// The file with which another thread or process starts is an entry point, too: the thread finds it by its URL, and a
// function in it by name.
/** @type {Record<string, string[]>} */
const STARTED_ELSEWHERE = {
  'create-spindle': ['main'],
  distributed: ['main', 'submitting/client-thread', 'working/lock-keeper', 'working/plain-call'],
  inspect: ['main', 'node/step-thread'],
  unplugin: ['node-hooks'],
  spindle: [
    '../../thread/src/threads/worker-main',
    '../../thread/src/threads/timer',
    '../../thread/src/executors/pool-thread',
    '../../thread/src/executors/process-manager',
    '../../thread/src/executors/pool-process',
  ],
}

// These pass on a part of another file, so that a program loads one file instead of several.
/** @type {Record<string, string>} */
const PARTS = { index: 'runtime', more: 'runtime', tools: 'runtime', thread: 'internal-thread' }

// Threads import this one by its own name, too: under another, all of it would be shared code.
const THREAD = { 'internal-thread': '../../thread/src/internal' }

// Shared code that most threads do not need, including its imports.
const NOT_SHARED = /(error-record|module-scope|process-manager)\.ts$/

// A thread loads one file before its first call. It contains what these import, and nothing else.
const STARTS_A_THREAD = ['threads/worker-main', 'executors/pool-thread']

// `npx @spindle/inspect` looks at any process, and then the package spindle need not be installed: npm leaves out what
// a package asks its user for with --legacy-peer-deps.
const NEEDS_NO_PEER = 'src/commands/run-command'

// The chapters of the documentation, for links in the comments of declarations.
const DOCS = 'https://github.com/spindle-js/spindle/blob/main/docs'
const CHAPTERS = ['learn/guide', 'how-to/resources', 'how-to/threads', 'how-to/node', 'how-to/distributed'].flatMap(
  (page) => {
    const [head = '', ...chapters] = readFileSync(`${root}docs/${page}.md`, 'utf8').split(/^## /m)
    const title = /# (.*)/.exec(head)?.[1]
    return chapters.map((text) => {
      const [heading = ''] = text.replaceAll('`', '').split('\n')
      const anchor = anchorOf(heading)
      const blocks = [...text.matchAll(/^```ts.*\n([\s\S]*?)^```/gm)].map(([, block]) => block)
      return { link: `{@link ${DOCS}/${page}.md#${anchor} | ${title}: ${heading}}`, code: blocks.join('\n') }
    })
  },
)

// The core's only dependency is CommonJS, and loading it would take a quarter of the start-up. It is therefore bundled,
// with its license, and installed only for its types.
const EMITTER = `${root}packages/loop/node_modules/eventemitter3`

/**
 * @param {string} source the folder of a published package
 * @param {string} target the folder for the files that are published as `dist`
 */
export async function build(source, target = `${source}/dist`) {
  rmSync(target, { recursive: true, force: true })
  emitDeclarations(source, target)
  const names = entryPoints(source)
  if (hasFloors(source)) {
    await bundle(source, target, { runtime: 'internal' }, inPlace(source))
    const parts = Object.keys(PARTS)
    const others = names.filter((name) => name !== 'runtime' && !parts.includes(name))
    await bundle(source, target, { ...byName(others), ...THREAD }, inPlace(source, RUNTIME))
    for (const part of parts) await passOn(source, target, part)
    await bundleForPages(source, `${target}/browser`)
  } else await bundle(source, target, byName(names))
  if (basename(source) === 'spindle') writeFileSync(join(target, 'SKILL.md'), skill())
  quicken(target)
}

/**
 * Those of the entry points, and of what they import.
 *
 * @param {string} source
 * @param {string} target
 */
function emitDeclarations(source, target) {
  const { exports } = manifestOf(source).publishConfig
  const typed = Object.values(exports).flatMap(({ types }) => (types ? [basename(types, '.d.ts')] : []))
  const files = new Set(typed.map((name) => join(source, 'src', `${name}.ts`)))
  for (const file of files) {
    const text = readFileSync(file, 'utf8')
    const { code, map, errors } = isolatedDeclarationSync(file, text, { sourcemap: true, stripInternal: true })
    if (errors.length > 0) throw new Error(errors.map((error) => `${file}: ${error.message}`).join('\n'))
    const emitted = declarationsOf(file, source, target)
    const declarations = code
      // The overridden member may be @internal, in which case it is not in the declarations.
      .replace(/^(\s+(?:(?:protected|static|abstract) )*)override /gm, '$1')
      .replace(/(\n ?)?\*\/\n(?=export declare (?:function|class|const) (\w+))/g, linkToDocs)
      .replace(/(?<= from |\bimport\()"(.*?)"/g, (all, id) => {
        const imported = id.startsWith('.') ? join(dirname(file), id) : sourceOf(id, source)
        if (imported === undefined) return all
        files.add(imported)
        const path = relative(dirname(emitted), declarationsOf(imported, source, target)).replaceAll('\\', '/')
        return `"${path.startsWith('.') ? '' : './'}${path.replace(/d\.ts$/, 'ts')}"`
      })
    mkdirSync(dirname(emitted), { recursive: true })
    if (hasFloors(source)) {
      writeFileSync(emitted, declarations) // its sources are not published
      continue
    }
    writeFileSync(emitted, `${declarations}//# sourceMappingURL=${basename(emitted)}.map\n`)
    const sources = [relative(dirname(emitted), published(file, source, target))]
    writeFileSync(`${emitted}.map`, JSON.stringify({ ...map, sources }))
  }
}

/**
 * The end of a comment, with a link to the first chapter that uses the name. No line is added, so that the source maps
 * still fit.
 *
 * @param {string} end
 * @param {string | undefined} line
 * @param {string} name
 */
function linkToDocs(end, line, name) {
  const link = CHAPTERS.find(({ code }) => new RegExp(`\\b${name}\\b`).test(code))?.link
  if (link === undefined) return end
  return line === undefined ? `${link} */\n` : `\n * @see ${link} */\n`
}

/**
 * @param {string} source
 * @param {string} target
 * @param {Record<string, string>} names of the files, and of their sources
 * @param {import('rolldown').Plugin} [floors]
 */
async function bundle(source, target, names, floors) {
  const start = new Set(STARTS_A_THREAD.flatMap((name) => staticImports(join(source, `../thread/src/${name}.ts`))))
  const command = new Set(staticImports(join(source, `${NEEDS_NO_PEER}.ts`)))
  const bundle = await rolldown({
    ...inputOptions(source, names, floors),
    treeshake: false, // the sources contain no unused code, and the output should match them
  })
  await bundle.write({
    ...outputOptions(source, target),
    keepNames: 'runtime' in names, // loop and task may have a name each; elsewhere its helper would be one more file
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: {
      groups: [
        { name: 'thread-start', priority: 1, test: (id) => start.has(id) },
        { name: 'command', priority: 1, test: (id) => command.has(id) },
        { name: 'shared', minShareCount: 2, test: (id) => !NOT_SHARED.test(id) },
      ],
    },
  })
}

/**
 * Makes a file that re-exports what its source names of another one.
 *
 * @param {string} source
 * @param {string} target
 * @param {string} part
 */
async function passOn(source, target, part) {
  const bundle = await rolldown({ ...inputOptions(source, { [part]: part }), external: /^@spindle\// })
  await bundle.write({ file: `${target}/${part}.js`, paths: () => `./${PARTS[part]}.js` })
}

/**
 * Writes loop and task for bundles of pages, without source maps unless `npm run size` asks for one.
 *
 * @param {string} source
 * @param {string} target
 */
export async function bundleForPages(source, target, sourcemap = false) {
  const bundle = await rolldown({
    ...inputOptions(source, { runtime: 'internal' }, inPlace(source, undefined, '.browser.ts')),
    treeshake: false,
  })
  const { output } = await bundle.generate({ ...outputOptions(source, target), sourcemap })
  mkdirSync(target, { recursive: true })
  writeFileSync(`${target}/runtime.js`, escapeWide(withPureValues(output[0].code)))
  if (sourcemap) writeFileSync(`${target}/runtime.js.map`, `${output[0].map}`)
  for (const part of ['index', 'more', 'tools']) await passOn(source, target, part)
}

/**
 * A bundler cannot know that a class with a static block, or a call such as `coroutine(…)`, has no effect, and would
 * keep each of them. As importing a module of Spindle has no effect, they may all go if nothing uses them.
 *
 * @param {string} code
 */
function withPureValues(code) {
  const values = parseAst(code).body.flatMap((statement) =>
    statement.type === 'VariableDeclaration' ? statement.declarations : [],
  )
  return values.reduceRight((all, { id, init }) => {
    if (id.type !== 'Identifier' || !init || !/(?:Class|New|Call|Object|Member)Expression/.test(init.type)) return all
    const { start, end } = init
    const name = id.name.replace(/\$\d+$/, '')
    const value = all.slice(start, end).replace(/^class (?=extends\b|\{)/, `class ${name} `)
    return `${all.slice(0, start)}/* @__PURE__ */ (() => (${value}))()${all.slice(end)}`
  }, code)
}

/**
 * @param {string} source
 * @param {Record<string, string>} names
 * @param {import('rolldown').Plugin} [floors]
 * @returns {import('rolldown').InputOptions}
 */
function inputOptions(source, names, floors) {
  return {
    cwd: root,
    input: Object.fromEntries(Object.entries(names).map(([name, from]) => [name, join(source, 'src', `${from}.ts`)])),
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && !(floors && FLOOR.test(id)) && id !== 'eventemitter3',
    platform: 'neutral',
    tsconfig: `${source}/tsconfig.json`,
    plugins: [floors],
  }
}

/**
 * @param {string} source
 * @param {string} target
 * @returns {import('rolldown').OutputOptions}
 */
function outputOptions(source, target) {
  return {
    dir: target,
    sourcemap: true,
    sourcemapExcludeSources: !hasFloors(source), // the others publish their sources
    sourcemapIgnoreList: () => true, // a debugger that steps over `yield* sleep()` stays in the user's code
    sourcemapPathTransform: (path, map) =>
      relative(dirname(map), published(resolve(dirname(map), path), source, target)),
    comments: { jsdoc: false }, // they are a third of the output, and are in the declarations and the sources
    minifyInternalExports: false, // other threads find functions by name
  }
}

/**
 * Finds the floors of a package by their names. Those that `runtime` names are not bundled: they are in `#runtime`.
 *
 * @param {string} source
 * @param {RegExp} [runtime]
 * @param {string} [instead] the ending of a file that replaces the one beside it
 * @returns {import('rolldown').Plugin}
 */
function inPlace(source, runtime, instead) {
  const emitter = join(source, '../loop/src/eventemitter3.js')
  return {
    name: 'floors',
    resolveId(id, importer = '') {
      if (runtime?.test(id)) return { id: '#runtime', external: true }
      if (id === 'eventemitter3') return emitter
      const replacement = instead && resolve(dirname(importer), id).replace(/\.ts$/, instead)
      return replacement && existsSync(replacement) ? replacement : sourceOf(id, source)
    },
    load(id) {
      if (id !== emitter) return undefined
      const license = `/*!\neventemitter3\n${readFileSync(`${EMITTER}/LICENSE`, 'utf8')}*/\n`
      const code = license + readFileSync(`${EMITTER}/dist/eventemitter3.esm.js`, 'utf8')
      return { code, map: { mappings: '' } } // a debugger should not step into it
    },
  }
}

/**
 * The source that a floor is imported by; undefined if it is no floor.
 *
 * @param {string} id
 * @param {string} source
 */
function sourceOf(id, source) {
  const [, floor, name = 'index'] = FLOOR.exec(id) ?? []
  return floor === undefined ? undefined : join(source, '..', floor, 'src', `${name}.ts`)
}

/**
 * Where the source maps find a source: `dist/src/loop/futures/future.ts`, or `src/recording.ts` of a package that has
 * no floors.
 *
 * @param {string} file
 * @param {string} source
 * @param {string} target
 */
function published(file, source, target) {
  return hasFloors(source) ? join(target, 'src', inFloor(file, source)) : file
}

/**
 * @param {string} file
 * @param {string} source
 * @param {string} target
 */
function declarationsOf(file, source, target) {
  const path = hasFloors(source) ? join('types', inFloor(file, source)) : relative(join(source, 'src'), file)
  return join(target, path.replace(/ts$/, 'd.ts'))
}

/**
 * `loop/futures/future.ts`
 *
 * @param {string} file
 * @param {string} source
 */
function inFloor(file, source) {
  return relative(dirname(source), file).replaceAll('\\', '/').replace('/src/', '/')
}

/** @param {string} source */
function hasFloors(source) {
  return basename(source) === 'spindle'
}

/**
 * A file and everything of the same package that it imports statically. Empty if the file does not exist.
 *
 * @param {string} file
 * @param {Set<string>} seen
 */
function staticImports(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file)) return [...seen]
  seen.add(file)
  for (const [, names = '', from = ''] of readFileSync(file, 'utf8').matchAll(IMPORT)) {
    const isNeeded = /[{,]\s*(?!type\b)\w/.test(names) || !names.includes('{')
    if (isNeeded) staticImports(join(dirname(file), from), seen)
  }
  return [...seen]
}

const IMPORT = /^(?:import|export) (?!type\b)([^'"]*?)from '(\.[^']+)'/gm

/**
 * Makes the files quick to load. All lines stay where they are.
 *
 * @param {string} target
 */
function quicken(target) {
  for (const name of readdirSync(target).filter((file) => file.endsWith('.js'))) {
    const code = readFileSync(`${target}/${name}`, 'utf8')
    const start = name === 'thread-start.js' ? code.replace(IMPORT_OF_NODE, direct) : code
    writeFileSync(`${target}/${name}`, escapeWide(start))
  }
}

/**
 * The file that a thread starts with gets the modules of Node without `import`, which takes an eighth of the start.
 *
 * @param {string} _
 * @param {string | undefined} whole
 * @param {string | undefined} names
 * @param {string} from
 */
function direct(_, whole, names, from) {
  const module = `process.getBuiltinModule("${from}")`
  const parts = [whole && `${whole} = ${module}`, names && `${names.replaceAll(' as ', ': ')} = ${whole ?? module}`]
  return `const ${parts.filter(Boolean).join(', ')};`
}

/**
 * With a character that is not Latin-1, such as `…`, the engine takes two bytes for each of a file: a program would
 * hold 0.4 MB more.
 *
 * @param {string} code
 */
function escapeWide(code) {
  return code.replace(/[^\0-\xff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

const IMPORT_OF_NODE = /^import (?:(\w+)(?:, )?)?(\{.*\})? from "(node:\w+)";$/gm

/**
 * The names of the files to build, flat, and of their sources.
 *
 * @param {string} source
 * @returns {string[]}
 */
function entryPoints(source) {
  const { publishConfig } = manifestOf(source)
  const exported = Object.values(publishConfig.exports).map(({ default: file }) => basename(file, '.js'))
  return [...exported, ...(STARTED_ELSEWHERE[basename(source)] ?? [])]
}

/** The folders of the packages that are published. */
export function packages() {
  const folders = readdirSync(`${root}packages`)
    .filter((name) => name !== 'README.md')
    .map((name) => `${root}packages/${name}`)
  return folders.filter((folder) => existsSync(`${folder}/package.json`) && !manifestOf(folder).private)
}

/** @param {string[]} names */
function byName(names) {
  return Object.fromEntries(names.map((name) => [basename(name), name]))
}

/**
 * @param {string} source
 * @returns {{ private?: boolean, publishConfig: { browser?: Record<string, string>, exports: Record<string, { types?:
 * string, default: string, module?: string }> } }}
 */
function manifestOf(source) {
  return JSON.parse(readFileSync(`${source}/package.json`, 'utf8'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const folder of packages()) await build(folder)
}
