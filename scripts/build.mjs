// Builds each package's dist. What runs is bundled, one file for each entry point, as each module that is loaded costs
// half a millisecond at the start; what several entry points of a package need stands in one more file, so that it is
// there once. Nothing is minified, and the source maps lead to `src`, which is published too: stepping in shows what is
// written here.
//
// A bundler gets the packages under `spindle` module by module instead, in `dist/modules`, by the export condition
// `module`: it leaves out whole modules that nothing imports, where of one file it keeps every class with a static
// block. Node does not know that condition, so one program has one of the two, never both. For browsers, the field
// `browser` of a package names the modules that only do something on Node, and what stands for each.
//
// The declarations are made source by source: isolatedDeclarations sees to it that those of a file depend on that file
// alone, and `pnpm check` checks the types. So a package is built without the ones under it, and what is @internal is
// left out of the declarations though other Spindle packages use it.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, isAbsolute, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { isolatedDeclarationSync } from 'rolldown/experimental'
import { root } from './setup.mjs'

// What another thread or process starts with is an entry point, too: it finds that by the URL of the file, or a
// function in there by its name.
/** @type {Record<string, string[]>} */
const STARTED_ELSEWHERE = {
  'create-spindle': ['main'],
  distributed: ['main', 'submitting/submitting-client', 'working/working-client', 'working/plain-call'],
  inspect: ['main'],
  unplugin: ['node-hooks'],
  thread: [
    'threads/worker-main',
    'threads/timer',
    'executors/pool-thread',
    'executors/process-manager',
    'executors/pool-process',
  ],
}

// What the other packages need of the loop and of threads lies in the one file with what these have for users, who get
// that part of it through a file of its own. So a program that imports `spindle` loads one file of the loop instead of
// three, and each costs.
const WHOLE = { '@spindle/loop': '@spindle/loop/internal', '@spindle/thread': '@spindle/thread/internal' }

// Of what several entry points need, most threads can do without these, and without what they import.
const NOT_SHARED = /(error-record|find-loaded-function|process-manager)\.ts$/

// What a thread loads before its first call stands in one file: all that these import, and no more.
const STARTS_A_THREAD = ['threads/worker-main', 'executors/pool-thread']

// As CommonJS, the one dependency of the core would take a quarter of the start: it is bundled, with its license. What
// is left of it to install are its types.
const EMITTER = `${root}packages/loop/node_modules/eventemitter3`

/**
 * @param {string} source the folder of a package
 * @param {string} target where what is published as `dist` goes to
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
    // What a member overrides may be @internal, and then it is not in the declarations.
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
    treeshake: false, // nothing is in there that is not used, and what is written is what runs
    plugins: [{ name: 'eventemitter3', resolveId, load }],
  })
  await bundle.write({
    dir: target,
    sourcemap: true,
    sourcemapExcludeSources: true, // they are published themselves
    sourcemapIgnoreList: () => true, // who steps over `yield* sleep()` stays in his own code
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    codeSplitting: {
      groups: [
        { name: 'thread-start', priority: 1, test: (id) => start.has(id) },
        { name: 'shared', minShareCount: 2, test: (id) => !NOT_SHARED.test(id) },
      ],
    },
    paths: WHOLE,
    comments: { jsdoc: false }, // a third of it all; they are in the declarations and the sources
    minifyInternalExports: false, // a function that is started elsewhere is found by its name
  })
}

/**
 * A file and all that it imports by statements, of the same package; nothing if there is no such file.
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
 * Makes an `index` that passes on from `internal` what is for users.
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
 * Writes each module to a file of its own, for bundlers.
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

/** @param {string} id */
function resolveId(id) {
  return id === 'eventemitter3' ? EMITTER : undefined
}

/** @param {string} id */
function load(id) {
  if (id !== EMITTER && !id.endsWith('/src/eventemitter3.js')) return undefined
  const license = `/*!\neventemitter3\n${readFileSync(`${EMITTER}/LICENSE`, 'utf8')}*/\n`
  const code = license + readFileSync(`${EMITTER}/dist/eventemitter3.esm.js`, 'utf8')
  return { code, map: { mappings: '' } } // nobody wants to step into it
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
