// A thread on which programs run one after the other, each as if it were alone: it gets modules, globals and a console
// of its own, and the next one starts when Node would have ended this one. Whatever else ends it (an exception, a
// rejection, `process.exit()`) ends the thread, too.

import { Console } from 'node:console'
import { readFileSync } from 'node:fs'
import { Writable } from 'node:stream'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { SourceTextModule, SyntheticModule } from 'node:vm'
import { receiveMessageOnPort, workerData } from 'node:worker_threads'

/**
 * @typedef {{ path: string, virtualTime: boolean }} Request the file of a module
 * @typedef {object} Program
 * @property {Map<string, import('node:vm').Module>} modules
 * @property {boolean} evaluated
 * @property {string} stdout
 * @property {string} stderr
 */

/** @typedef {import('node:worker_threads').MessagePort} MessagePort */
/** @type {{ folder: string, requests: Int32Array<SharedArrayBuffer>, port: MessagePort }} */
const { folder, requests, port } = workerData
const FinalizationRegistryOfHost = FinalizationRegistry
/** @type {Map<string, { source: string, cachedData: Buffer }>} */
const sources = new Map()

/** @type {Program | undefined} */
let current
let received = 0

process.on('beforeExit', onBeforeExit)
process.on('exit', onExit)
const names = new Set(Reflect.ownKeys(globalThis))
const listeners = new Map(process.eventNames().map((name) => [name, new Set(process.rawListeners(name))]))
runNext()

// Nothing is left that could call back: the program has ended, unless another listener of this event starts something.
async function onBeforeExit() {
  // Listeners may wait for one another.
  for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => process.nextTick(resolve, undefined))
  if (process.getActiveResourcesInfo().length > 0) return
  for (const listener of process.rawListeners('exit')) {
    if (listener !== onExit) Reflect.apply(listener, process, [process.exitCode ?? 0])
  }
  answer(Number(process.exitCode ?? (current?.evaluated ? 0 : 13)), false)
  cleanUp()
  runNext()
}

/** @param {number} code */
function onExit(code) {
  answer(code, true)
}

/**
 * @param {number} code
 * @param {boolean} isLast whether this thread ends now
 */
function answer(code, isLast) {
  if (current === undefined) return
  const { stdout, stderr } = current
  current = undefined
  port.postMessage({ code, stdout, stderr, isLast })
}

// What the last one leaves behind.
function cleanUp() {
  process.exitCode = undefined
  for (const name of Reflect.ownKeys(globalThis)) if (!names.has(name)) Reflect.deleteProperty(globalThis, name)
  for (const name of process.eventNames()) {
    for (const listener of process.rawListeners(name)) {
      if (!listeners.get(name)?.has(listener)) process.off(name, /** @type {() => void} */ (listener))
    }
  }
}

function runNext() {
  Atomics.wait(requests, 0, received)
  received++
  setImmediate(() => {}) // this is another program for Node
  void run(receiveMessageOnPort(port)?.message)
}

/** @param {Request} request */
async function run({ path, virtualTime }) {
  /** @type {Program} */
  const program = { modules: new Map(), evaluated: false, stdout: '', stderr: '' }
  current = program
  const write = (/** @type {'stdout' | 'stderr'} */ name) =>
    new Writable({
      decodeStrings: false,
      write: (text, _, done) => {
        program[name] += text
        done()
      },
    })
  globalThis.console = new Console({ stdout: write('stdout'), stderr: write('stderr') })
  // What it leaves as garbage does not interrupt the next one.
  globalThis.FinalizationRegistry = new Proxy(FinalizationRegistryOfHost, {
    construct: (Registry, [callback]) =>
      new Registry((value) => {
        if (current === program) callback(value)
      }),
  })
  for (const file of virtualTime ? [`${folder}/virtual-time.mjs`, path] : [path]) {
    const module = moduleOf(program, pathToFileURL(file).href)
    await module.link((specifier, { identifier }) => resolved(program, specifier, identifier))
    await module.evaluate()
  }
  program.evaluated = true
}

/**
 * @param {Program} program
 * @param {string} specifier
 * @param {string} from
 */
async function resolved(program, specifier, from) {
  if (specifier.startsWith('.')) return moduleOf(program, new URL(specifier, from).href)
  const [, name = '', path = ''] = /^(spindle|@spindle\/[\w-]+)(.*)$/.exec(specifier) ?? []
  if (name === '') return ofHost(program, specifier)
  const installed = `${folder}/node_modules/${name}`
  const { exports } = JSON.parse(readFileSync(`${installed}/package.json`, 'utf8'))
  return moduleOf(program, pathToFileURL(`${installed}/${exports[`.${path}`].default}`).href)
}

/**
 * @param {Program} program
 * @param {string} url
 */
function moduleOf(program, url) {
  const known = program.modules.get(url)
  if (known !== undefined) return known
  const { source, cachedData } = sources.get(url) ?? { source: readFileSync(fileURLToPath(url), 'utf8') }
  const module = new SourceTextModule(source, {
    identifier: url,
    ...(cachedData === undefined ? {} : { cachedData }),
    initializeImportMeta: (meta) => {
      meta.url = url
    },
    importModuleDynamically: async (specifier) => {
      const found = await resolved(program, specifier, url)
      if (found.status === 'unlinked') await found.link((inner, { identifier }) => resolved(program, inner, identifier))
      await found.evaluate()
      return found
    },
  })
  if (cachedData === undefined) {
    const { createCachedData } = /** @type {{ createCachedData(): Buffer }} */ (/** @type {unknown} */ (module))
    sources.set(url, { source, cachedData: createCachedData.call(module) })
  }
  program.modules.set(url, module)
  return module
}

/**
 * @param {Program} program
 * @param {string} specifier
 */
async function ofHost(program, specifier) {
  const known = program.modules.get(specifier)
  if (known !== undefined) return known
  const namespace = await import(specifier)
  const module = new SyntheticModule(Object.keys(namespace), () => {
    for (const [name, value] of Object.entries(namespace)) module.setExport(name, value)
  })
  program.modules.set(specifier, module)
  return module
}
