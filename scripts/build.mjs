// Builds each package's dist. The code is bundled into one file per entry point, because each loaded module adds half a
// millisecond to the start-up. Code that several entry points of a package share goes into an additional file, so that
// it exists once. Nothing is minified, and the source maps point to `src`, which is published too: a debugger that
// steps in shows the sources.
//
// Bundlers get the packages below `spindle` as separate modules instead, in `dist/modules`, through the export
// condition `module`: they leave out modules that nothing imports, whereas in a single file they keep every class with
// a static block. Node does not know that condition, so a program has one layout or the other, never both. The field
// `browser` of a package lists the modules that only work on Node, each with its replacement for browsers.
//
// The declarations are generated one source at a time: isolatedDeclarations guarantees that those of a file depend on
// that file alone, and `pnpm check` checks the types. A package can therefore be built without the packages below it,
// and members marked @internal are left out of the declarations although other Spindle packages use them.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { isolatedDeclarationSync } from 'rolldown/experimental'
import { root } from './setup.mjs'

// The file with which another thread or process starts is an entry point, too: the thread finds it by its URL, and a
// function in it by name.
/** @type {Record<string, string[]>} */
const STARTED_ELSEWHERE = {
  'create-spindle': ['main'],
  distributed: ['main', 'submitting/submitting-client', 'working/working-client', 'working/plain-call'],
  inspect: ['main', 'node/step-thread'],
  unplugin: ['node-hooks'],
  thread: [
    'threads/worker-main',
    'threads/timer',
    'executors/pool-thread',
    'executors/process-manager',
    'executors/pool-process',
  ],
}

// The public exports of loop and thread and the internal ones for other packages are in one file; a small separate file
// re-exports the public part. A program that imports `spindle` therefore loads one file of the loop instead of three,
// which saves start-up time.
const WHOLE = { '@spindle/loop': '@spindle/loop/internal', '@spindle/thread': '@spindle/thread/internal' }

// Shared code that most threads do not need, including its imports.
const NOT_SHARED = /(error-record|find-loaded-function|process-manager)\.ts$/

// A thread loads one file before its first call. It contains what these import, and nothing else.
const STARTS_A_THREAD = ['threads/worker-main', 'executors/pool-thread']

// The core's only dependency is CommonJS, and loading it would take a quarter of the start-up. It is therefore bundled,
// with its license, and installed only for its types.
const EMITTER = `${root}packages/loop/node_modules/eventemitter3`

/**
 * @param {string} source the folder of a package
 * @param {string} target the folder for the files that are published as `dist`
 */
export async function build(source, target = `${source}/dist`) {
  rmSync(target, { recursive: true, force: true })
  emitDeclarations(source, target)
  await bundle(source, target)
  await keepApart(source, `${target}/modules`)
}

/**
 * @param {string} source
 * @param {string} target
 */
function emitDeclarations(source, target) {
  for (const name of readdirSync(`${source}/src`, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts') || /\.(?:test|test-d|fixture)\.ts$/.test(name)) continue
    const file = `${source}/src/${name}`
    const text = readFileSync(file, 'utf8')
    const { code, map, errors } = isolatedDeclarationSync(file, text, { sourcemap: true, stripInternal: true })
    if (errors.length > 0) throw new Error(errors.map((error) => `${file}: ${error.message}`).join('\n'))
    const emitted = join(target, name.replace(/ts$/, 'd.ts'))
    mkdirSync(dirname(emitted), { recursive: true })
    // The overridden member may be @internal, in which case it is not in the declarations.
    const declarations = code.replace(/^(\s+(?:(?:protected|static|abstract) )*)override /gm, '$1')
    writeFileSync(emitted, `${declarations}//# sourceMappingURL=${basename(emitted)}.map\n`)
    writeFileSync(`${emitted}.map`, JSON.stringify({ ...map, sources: [relative(dirname(emitted), file)] }))
  }
}

/**
 * @param {string} source
 * @param {string} target
 */
async function bundle(source, target) {
  const all = entryPoints(source)
  const holdsEverything = all.includes('internal')
  if (holdsEverything) await passOn(source, target)
  const names = holdsEverything ? all.filter((name) => name !== 'index') : all
  const start = new Set(STARTS_A_THREAD.flatMap((name) => staticImports(`${source}/src/${name}.ts`)))
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.map((name) => [basename(name), `${source}/src/${name}.ts`])), // dist is flat
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && id !== 'eventemitter3',
    platform: 'neutral',
    tsconfig: `${source}/tsconfig.json`,
    treeshake: false, // the sources contain no unused code, and the output should match them
    plugins: [{ name: 'eventemitter3', resolveId, load }],
  })
  await bundle.write({
    dir: target,
    sourcemap: true,
    sourcemapExcludeSources: true, // the sources are published
    sourcemapIgnoreList: () => true, // a debugger that steps over `yield* sleep()` stays in the user's code
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: {
      groups: [
        { name: 'thread-start', priority: 1, test: (id) => start.has(id) },
        { name: 'shared', minShareCount: 2, test: (id) => !NOT_SHARED.test(id) },
      ],
    },
    paths: WHOLE,
    comments: { jsdoc: false }, // they are a third of the output, and are in the declarations and the sources
    minifyInternalExports: false, // other threads find functions by name
  })
  quicken(target)
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
 * Makes an `index` that re-exports the public part of `internal`.
 *
 * @param {string} source
 * @param {string} target
 */
async function passOn(source, target) {
  const index = await rolldown({
    input: `${source}/src/index.ts`,
    external: (id) => id.startsWith('.'),
    tsconfig: `${source}/tsconfig.json`,
  })
  await index.write({ file: `${target}/index.js`, paths: () => './internal.js' })
}

/**
 * Writes each module to a separate file, for bundlers.
 *
 * @param {string} source
 * @param {string} target
 */
async function keepApart(source, target) {
  const { browser = {}, exports } = manifestOf(source).publishConfig
  const exported = [...Object.values(exports), ...Object.values(browser).map((module) => ({ module }))]
  const names = exported.flatMap(({ module }) =>
    module ? [module.replace(/^\.\/dist\/modules\/(.*)\.js$/, '$1')] : [],
  )
  if (names.length === 0) return
  const bundle = await rolldown({
    cwd: root,
    input: Object.fromEntries(names.map((name) => [name, `${source}/src/${name}.ts`])),
    external: (id) => id.startsWith('@spindle/'),
    platform: 'neutral',
    tsconfig: `${source}/tsconfig.json`,
    plugins: [
      {
        name: 'eventemitter3',
        resolveId: (id) => (id === 'eventemitter3' ? `${source}/src/${id}.js` : undefined),
        load,
      },
    ],
  })
  await bundle.write({
    dir: target,
    preserveModules: true,
    preserveModulesRoot: `${source}/src`,
    sourcemap: true,
    sourcemapExcludeSources: true,
    sourcemapIgnoreList: () => true,
    comments: { jsdoc: false },
    minifyInternalExports: false,
  })
}

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

/** @param {string} id */
function resolveId(id) {
  return id === 'eventemitter3' ? EMITTER : undefined
}

/** @param {string} id */
function load(id) {
  if (id !== EMITTER && !id.endsWith('/src/eventemitter3.js')) return undefined
  const license = `/*!\neventemitter3\n${readFileSync(`${EMITTER}/LICENSE`, 'utf8')}*/\n`
  const code = license + readFileSync(`${EMITTER}/dist/eventemitter3.esm.js`, 'utf8')
  return { code, map: { mappings: '' } } // a debugger should not step into it
}

/**
 * @param {string} source
 * @returns {string[]}
 */
function entryPoints(source) {
  const { name, publishConfig } = manifestOf(source)
  const published = Object.values(publishConfig.exports).map(({ default: file }) =>
    file.replace(/^\.\/dist\/(.*)\.js$/, '$1'),
  )
  return [...published, ...(STARTED_ELSEWHERE[name.replace('@spindle/', '')] ?? [])]
}

/**
 * @param {string} source
 * @returns {{ name: string, publishConfig: { exports: Record<string, { default: string, module?: string }>, browser?:
 * Record<string, string> } }}
 */
function manifestOf(source) {
  return JSON.parse(readFileSync(`${source}/package.json`, 'utf8'))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of readdirSync(`${root}packages`)) await build(`${root}packages/${name}`)
}
