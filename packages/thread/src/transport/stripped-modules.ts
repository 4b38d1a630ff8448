// Node removes the types of a TypeScript module again in each thread. For that the thread loads a compiler, which
// doubles its price. So the reference of a function brings the text that the owner has made of its module, and of the
// modules that this one imports. A thread uses it while the file is the same; otherwise Node reads the file.
//
//   work.ts ──strip──▶ { code, size, changedAt }  ──with the FunctionReference──▶  hook of the thread ──▶ import(work.ts)

import { readFileSync, statSync } from 'node:fs'
import Module from 'node:module'
import { mayHook } from './load-module.ts'

/** A module without its types, as Node would load it. */
interface StrippedModule {
  readonly code: string
  readonly size: number
  readonly changedAt: number
}

/** By URL. */
export type StrippedModules = Readonly<Record<string, StrippedModule>>

/** The module and its relative imports, without types. undefined if Node does not strip types by itself. */
export function strippedModules(module: string): StrippedModules | undefined {
  if (!TYPESCRIPT.test(module) || !strips()) return undefined
  const found: Record<string, StrippedModule> = {}
  const urls = new Set([module])
  for (const url of urls) {
    const stripped = TYPESCRIPT.test(url) ? stripModule(url) : undefined
    if (stripped === undefined) continue
    found[url] = stripped
    for (const [, path = ''] of stripped.code.matchAll(IMPORTED)) urls.add(new URL(path, url).href)
  }
  return found
}

/**
 * Makes this thread load these modules as they are. No-op if it has loaded a module of the program before: that may
 * have installed hooks, which would no longer see the modules.
 */
export function useStripped(modules: StrippedModules, isFirst: boolean): void {
  if (!isHooked) {
    if (!isFirst || !strips()) return
    isHooked = true
    hooks.registerHooks?.({ load })
  }
  for (const [url, module] of Object.entries(modules)) known.set(url, module)
}

function load(url: string, context: LoadContext, nextLoad: (url: string, context: LoadContext) => unknown): unknown {
  const module = known.get(url)
  if (module === undefined || context.format !== FORMAT || !isSame(url, module)) return nextLoad(url, context)
  return { format: 'module', source: module.code, shortCircuit: true }
}

function strips(): boolean {
  const { typescript } = process.features as { readonly typescript?: unknown }
  return typescript === 'strip' && hooks.registerHooks !== undefined && mayHook()
}

function stripModule(url: string): StrippedModule | undefined {
  const before = known.get(url)
  if (before !== undefined && isSame(url, before)) return before
  const { emitWarning } = process
  try {
    const { size, mtimeMs: changedAt } = statSync(new URL(url))
    process.emitWarning = () => {} // that the function is experimental: Node has called it itself for these modules
    const options = { mode: 'strip', sourceUrl: url } as const // as Node does
    const code = hooks.stripTypeScriptTypes?.(readFileSync(new URL(url), 'utf8'), options)
    if (code === undefined) return undefined
    const module: StrippedModule = { code, size, changedAt }
    known.set(url, module)
    return module
  } catch {
    return undefined // the thread will report the error
  } finally {
    process.emitWarning = emitWarning
  }
}

function isSame(url: string, { size, changedAt }: StrippedModule): boolean {
  const file = statSync(new URL(url), { throwIfNoEntry: false })
  return file?.size === size && file.mtimeMs === changedAt
}

const TYPESCRIPT = /^file:\/\/\/[^?#]*\.m?ts$/i
const FORMAT = 'module-typescript' // the module is no CommonJS
// A missed path, or a match that is no import, only costs time.
const IMPORTED = /\b(?:from|import)\s*['"](\.\.?\/[^'"\n]+)['"]/g

const known = new Map<string, StrippedModule>()
let isHooked = false

interface LoadContext {
  readonly format?: string | null | undefined
}

const hooks = Module as unknown as {
  registerHooks?(hooks: { readonly load: typeof load }): unknown // Node ≥ 22.15
  stripTypeScriptTypes?(code: string, options: { readonly mode: 'strip'; readonly sourceUrl: string }): string
}
