// Passes each function of random modules to another thread: it runs that very function or one that does the same, or
// refuses it.
// Run: exports.fixture.ts <first seed> <modules> [planted], where planted compares no texts.
// Prints how many functions were found, refused, and wrong, how many exports were refused, and the modules of those.

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { type AnyFunction, type FunctionReference, importFunction, toReference } from '@spindle/thread/internal'
import type { RandomModule } from './random-module.fixture.ts'

interface Found {
  readonly reference: FunctionReference
  readonly marker: string
  readonly isExport: boolean
}

interface LoadedModule extends RandomModule {
  readonly seed: number
  readonly url: string
  readonly namespace: Namespace
}

type Namespace = Readonly<Record<string, unknown>>

if (isMainThread) await main()
else
  parentPort?.on('message', async (references: FunctionReference[]) => {
    const answers: string[] = []
    for (const reference of references) answers.push(await answerOf(reference))
    parentPort?.postMessage(answers)
  })

async function answerOf(reference: FunctionReference): Promise<string> {
  try {
    return await markerOf(await importFunction(reference))
  } catch (error) {
    return `refused: ${error}`
  }
}

async function main(): Promise<void> {
  const [first, modules, how] = process.argv.slice(2)
  const counts = { found: 0, refused: 0, wrong: 0, refusedExports: 0 }
  const failures: string[] = []
  const folder = mkdtempSync(join(tmpdir(), 'spindle-exports-'))
  const maker = new Worker(new URL('./random-module.fixture.ts', import.meta.url))
  const worker = new Worker(fileURLToPath(import.meta.url))
  try {
    const loaded: LoadedModule[] = []
    for (let seed = Number(first); seed < Number(first) + Number(modules); seed++)
      loaded.push(await load(folder, seed, await ask<RandomModule>(maker, seed)))
    for (const module of loaded) {
      const { seed, source } = module
      const found = await passAll(module, how === 'planted', counts, failures)
      const answers = await ask<string[]>(
        worker,
        found.map(({ reference }) => reference),
      )
      for (const [place, { marker, isExport }] of found.entries()) {
        const answer = answers[place] as string
        const isRefused = answer.startsWith('refused')
        if (answer === marker) counts.found++
        else if (!isRefused) counts.wrong++
        else if (isExport) counts.refusedExports++
        else counts.refused++
        if (answer !== marker && (isExport || !isRefused))
          failures.push(`seed ${seed}: ${marker} gave ${answer}\n${source}`)
      }
    }
  } finally {
    await Promise.all([maker.terminate(), worker.terminate()])
    rmSync(folder, { recursive: true })
  }
  console.log(JSON.stringify(counts))
  for (const failure of failures.slice(0, 5)) console.log(failure)
}

function ask<T>(worker: Worker, message: unknown): Promise<T> {
  worker.postMessage(message)
  return once(worker, 'message').then(([answer]) => answer as T)
}

async function load(folder: string, seed: number, module: RandomModule): Promise<LoadedModule> {
  const file = join(folder, `module${seed}.${module.isCommonJs ? 'cjs' : 'mjs'}`)
  writeFileSync(file, module.source)
  const { href: url } = pathToFileURL(file)
  try {
    return { ...module, seed, url, namespace: (await import(url)) as Namespace }
  } catch (cause) {
    throw new Error(`seed ${seed} is no module:\n${module.source}`, { cause })
  }
}

async function passAll(
  { seed, source, isCommonJs, isUnsure, namespace }: LoadedModule,
  isPlanted: boolean,
  counts: { refused: number; refusedExports: number },
  failures: string[],
): Promise<Found[]> {
  const exports = (isCommonJs ? namespace['default'] : namespace) as Namespace &
    Record<'all' | 'change', () => AnyFunction[]>
  const before = valuesOf(exports, isCommonJs)
  const functions = exports.all()
  if (typeof namespace['default'] === 'function') functions.push(namespace['default'] as AnyFunction)
  exports.change()
  const after = valuesOf(exports, isCommonJs)
  const found: Found[] = []
  for (const fn of new Set([...functions, ...exports.all()])) {
    const isExport = before.has(fn) && after.has(fn) && (!isUnsure || /^m\d/.test(await markerOf(fn)))
    try {
      const reference = toReference(fn)
      const sent = isPlanted ? { ...reference, text: undefined } : reference
      found.push({ reference: sent, marker: await markerOf(fn), isExport })
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      counts.refused++
      if (!isExport || String(error).includes('was made inside another function')) continue
      counts.refusedExports++
      failures.push(`seed ${seed}: an export is refused: ${fn}: ${error}\n${source}`)
    }
  }
  return found
}

/** The values of a module; a getter may throw. */
function valuesOf(exports: Namespace, isCommonJs: boolean): Set<unknown> {
  const values = new Set<unknown>(isCommonJs ? [exports] : [])
  for (const name of Object.keys(exports)) {
    try {
      values.add(exports[name])
    } catch {}
  }
  return values
}

async function markerOf(fn: AnyFunction): Promise<string> {
  const result: unknown = await fn()
  const { next } = Object(result) as { next?: () => { value: unknown } }
  return String(next === undefined ? result : next.call(result).value)
}
