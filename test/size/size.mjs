// `npm run size`: what Spindle adds to a page, from the packed packages, by four bundlers and beside other libraries,
// as the table of docs/reference/size.md. It fails where Spindle has become larger than the page says; `-- --write`
// writes it there. Bundlers and libraries are a project of their own, installed on the first run.

import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, bundleForPages, packages } from '../../scripts/build.mjs'
import { pack } from '../../scripts/pack.mjs'
import { messageOf, pnpm, root } from '../../scripts/setup.mjs'
import { byEsbuild, byRolldown, gzipSize, minified, piecesOf, programPlugin } from '../tooling/bundle-size.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const PAGE = `${root}docs/reference/size.md`

/** @typedef {import('../tooling/bundle-size.mjs').Bundler} Bundler */

/** @type {Record<string, Bundler>} */
const BUNDLERS = { esbuild: byEsbuild, rollup: byRollup, rolldown: byRolldown, webpack: byWebpack }

// What a page needs to start something, wait, and cancel it.
const PROGRAMS = [
  ['spindle: `run`, `sleep`', "import { run, sleep } from 'spindle'; run(sleep(1))"],
  ['spindle: `run`, `sleep`, `Queue`', "import { Queue, run, sleep } from 'spindle'; run(sleep(1)); new Queue()"],
  [
    'spindle: `run`, `sleep`, with `spindle/explain`',
    "import 'spindle/explain'; import { run, sleep } from 'spindle'; run(sleep(1))",
  ],
  ['spindle: `Queue` alone', "import { Queue } from 'spindle'; console.log(new Queue())"],
  ['spindle: everything', "import * as spindle from 'spindle'; console.log(spindle)"],
  ['effection: `run`, `sleep`', "import { run, sleep } from 'effection'; run(() => sleep(1))"],
  ['effection: everything', "import * as effection from 'effection'; console.log(effection)"],
  ['effect: `runPromise`, `sleep`', "import { Effect } from 'effect'; Effect.runPromise(Effect.sleep(1))"],
  [
    'rxjs: `timer`, `switchMap`',
    "import { fromEvent, switchMap, timer } from 'rxjs'; console.log(fromEvent(document, 'input').pipe(switchMap(() => timer(1))).subscribe())",
  ],
  ['p-queue', "import PQueue from 'p-queue'; console.log(new PQueue({ concurrency: 1 }))"],
]

/** @param {string} folder where the packed packages are installed */
async function table(folder) {
  const rows = [
    ['program', ...Object.keys(BUNDLERS)],
    ['---', ...Object.keys(BUNDLERS).map(() => '--:')],
  ]
  for (const [name = '', code = ''] of PROGRAMS) {
    const sizes = []
    for (const bundle of Object.values(BUNDLERS)) {
      const text = await bundle(code, name.startsWith('spindle') ? folder : here)
      sizes.push(kilobytes(gzipSize(text)))
    }
    rows.push([name, ...sizes])
  }
  return rows.map((row) => `| ${row.join(' | ')} |`).join('\n')
}

// What the modules of `run` and `sleep` do there, by folder, the first that fits.
/** @type {[RegExp, string][]} */
const PARTS = [
  [/loop.*\/(?:errors|inspect)\//, 'Error classes, checks of arguments, and how values and Tasks are printed'],
  [/loop.*\/reports\//, 'Reports of exceptions that nothing caught'],
  [/loop.*\/futures\//, 'Futures, awaitables, and what waits for them'],
  [/loop.*\/drivers\//, 'The turns that the page gives the loop'],
  [/loop/, 'The event loop: ready queue, timers, callbacks, contexts'],
  [
    /task.*\/(?:bad-yield-error|swallow|uncaught|print-stack|unawaited|bare-coroutines|instead-of-async|coroutine-stack)/,
    'Messages for mistakes: what was awaited wrongly, forgotten or swallowed',
  ],
  [/task.*\/coroutines\//, '`sleep`, and how coroutines are recognised and resumed'],
  [/task.*\/(?:run|scopes)\//, '`run`: its options, `AbortSignal`, the clean-up at the end'],
  [/task/, 'Tasks and their cancellation'],
]

/**
 * How long each part is, and by how much the compressed program would be smaller without it. The sum of the latter is
 * less than the whole, because parts share words.
 *
 * @param {string} folder where the packed packages are installed
 */
async function partsTable(folder) {
  await bundleForPages(`${root}packages/spindle`, `${folder}/node_modules/spindle/dist/browser`, true)
  const pieces = (await piecesOf(PROGRAMS[0]?.[1] ?? '', folder)).map(({ path, text }) => ({
    part: PARTS.find(([pattern]) => pattern.test(path.replace(/^.*\/src\//, '')))?.[1],
    text,
  }))
  /** @param {{ text: string }[]} some */
  const textOf = (some) => some.map(({ text }) => text).join('')
  const whole = gzipSize(textOf(pieces))
  const rows = PARTS.map(([, part]) => ({
    part,
    size: textOf(pieces.filter((piece) => piece.part === part)).length,
    compressed: whole - gzipSize(textOf(pieces.filter((piece) => piece.part !== part))),
  })).sort((a, b) => b.compressed - a.compressed)
  rows.push({ part: 'everything in it', size: textOf(pieces).length, compressed: whole })
  const cells = rows.map(({ part, size, compressed }) => [part, ...[size, compressed].map(kilobytes)])
  return [['part', 'minified', 'compressed'], ['---', '--:', '--:'], ...cells]
    .map((row) => `| ${row.join(' | ')} |`)
    .join('\n')
}

/** @param {number} bytes */
function kilobytes(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`
}

// Names and texts change with every commit; a module that came along by mistake is more than that.
const TOLERANCE = 1.02

/**
 * The rows of Spindle that have become larger than the page says, or that it does not have.
 *
 * @param {string} now
 * @param {string} before
 */
export function grown(now, before) {
  const known = new Map(rowsOf(before))
  return rowsOf(now).filter(
    ([name, sizes]) =>
      name.startsWith('spindle') && !sizes.every((size, index) => size <= (known.get(name)?.[index] ?? 0) * TOLERANCE),
  )
}

/**
 * @param {string} text
 * @returns {[string, number[]][]}
 */
function rowsOf(text) {
  return [...text.matchAll(/^\| (.*?) \|(.* kB) \|$/gm)].map(([, name = '', sizes = '']) => [
    name,
    sizes.split('|').map((size) => Number.parseFloat(size)),
  ])
}

/** @type {Bundler} */
async function byRollup(code, folder) {
  const [{ rollup }, { nodeResolve }, { default: commonjs }] = await Promise.all(
    ['rollup', '@rollup/plugin-node-resolve', '@rollup/plugin-commonjs'].map(load),
  )
  const plugins = [programPlugin(code, folder), nodeResolve({ browser: true }), commonjs()]
  const bundle = await rollup({ input: 'program', external: /^node:/, plugins, onwarn() {} })
  const { output } = await bundle.generate({ format: 'esm', inlineDynamicImports: true })
  return minified(output[0].code)
}

/** @type {Bundler} */
async function byWebpack(code, folder) {
  const { default: webpack } = await load('webpack')
  const scratch = mkdtempSync(join(folder, '.webpack-'))
  try {
    writeFileSync(join(scratch, 'program.mjs'), code)
    const options = {
      mode: 'production',
      target: 'web',
      entry: join(scratch, 'program.mjs'),
      output: { path: scratch, filename: 'bundle.js' },
    }
    const stats = await new Promise((resolve, reject) => {
      webpack(options, (/** @type {unknown} */ error, /** @type {unknown} */ result) =>
        error ? reject(error) : resolve(result),
      )
    })
    if (stats.hasErrors()) throw new Error(stats.toString('errors-only'))
    return readFileSync(join(scratch, 'bundle.js'), 'utf8')
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/**
 * A module of the project here, which may not be installed yet when this file is checked.
 *
 * @param {string} name
 */
function load(name) {
  return import(pathToFileURL(createRequire(here).resolve(name)).href)
}

function install() {
  const installed = `${here}node_modules/.pnpm/lock.yaml`
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(`${here}pnpm-lock.yaml`, 'utf8')) return
  console.error('Installing bundlers and other libraries …')
  const { status, output } = pnpm(['install', '--ignore-workspace', '--frozen-lockfile'], here)
  if (status !== 0) throw new Error(output)
}

/** @param {string} folder */
async function installPacked(folder) {
  for (const source of packages()) await build(source)
  const [spindle] = pack(join(folder, 'tarballs')).filter(({ name }) => name === 'spindle')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n')
  const args = ['install', spindle?.file ?? '', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, stderr } = spawnSync('npm', args, {
    cwd: folder,
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) throw new Error(stderr)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = mkdtempSync(join(tmpdir(), 'spindle-size-'))
  try {
    install()
    await installPacked(folder)
    const now = await table(folder)
    const parts = await partsTable(folder)
    console.log(`${now}\n\n${parts}`)
    const larger = grown(now, readFileSync(PAGE, 'utf8'))
    if (!process.argv.includes('--write')) {
      if (larger.length > 0) throw new Error(`larger than docs/reference/size.md says: ${larger.map(([name]) => name)}`)
    } else {
      writeFileSync(
        PAGE,
        readFileSync(PAGE, 'utf8')
          .replace(/\| program .*(?:\n\|.*)*/, () => now)
          .replace(/\| part .*(?:\n\|.*)*/, () => parts),
      )
    }
  } catch (error) {
    console.error(messageOf(error))
    process.exitCode = 1
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
