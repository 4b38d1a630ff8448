import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { RuntimeError } from 'spindle'
import { importModule, reasonOf, toReference, unwrap, variableOf } from 'spindle/internal/thread'
import type { AnyFunction } from 'spindle/thread'
import { FunctionNotFoundError } from '../calls/errors.ts'
import { codeOf, differ } from '../calls/function-code.ts'
import { type FunctionKind, kindOf, qualifiedName } from '../calls/function-name.ts'
import { type JobData, PROTOCOL_VERSION } from '../calls/protocol.ts'

// By the code of the error that Node throws, whose message does not say it.
const HINTS = new Map<unknown, string>([
  ['ERR_UNKNOWN_FILE_EXTENSION', '. This Node loads no TypeScript: install tsx there, or use Node.js ≥ 22.18'],
  ['ERR_REQUIRE_CYCLE_MODULE', '. Its package.json does not say that it is an ES module: npm pkg set type=module'],
])

/** Ends the message that a function is missing. Node has `process.permission` only with `--permission`. */
export const WHY_MISSING: string =
  'permission' in process ? '. With --permission, only those that fromModule(import.meta, fn) names can be found' : ''

/** A function of a worker. */
export interface WorkerFunction {
  readonly name: string
  readonly fn: AnyFunction
  readonly kind: FunctionKind
  /** The module, for a thread. */
  readonly module: string
  readonly exported: string
  readonly code: string | undefined
}

/** Why another worker should run a call. */
export interface Misfit {
  /** By this a worker is found that can; undefined: a worker of another version of Spindle can. */
  readonly registered: string | undefined
  /** The error of the call if there is none. */
  readonly error: Error
}

/**
 * The functions of modules, by `<file stem>.<export>`. Every program that can write to the queue can call them. So
 * exports that no client could submit are left out: native functions, and functions of Node and of other packages.
 */
export class Functions {
  readonly #byName = new Map<string, WorkerFunction>()
  readonly #only: RegExp

  /** @param only patterns of the names; `*` matches any text */
  constructor(only: readonly string[]) {
    const patterns = only.map((name) => name.split('*').map(escapeRegExp).join('.*'))
    this.#only = new RegExp(`^(?:${patterns.join('|')})$`)
  }

  get names(): string[] {
    return [...this.#byName.keys()].sort()
  }

  /** What tells other workers which functions this one has: their names, and those with their code. */
  get registered(): string[] {
    return [...this.#byName.values()].flatMap(({ name, code }) => [name, registeredAs(name, code)])
  }

  /** @throws RuntimeError if a module can't be loaded, or two functions have one name */
  async load(module: string | { readonly href: string }): Promise<void> {
    const url = urlOf(module)
    let namespace: Namespace
    try {
      namespace = await importSource(url)
    } catch (cause) {
      const hint = HINTS.get((cause as { readonly code?: unknown } | undefined)?.code) ?? ''
      throw new RuntimeError(`the module ${pathOf(url)} can't be loaded: ${reasonOf(cause)}${hint}`, { cause })
    }
    for (const [exported, value] of Object.entries(namespace)) {
      if (typeof value !== 'function' || isClass(value as AnyFunction)) continue
      if (!this.#only.test(qualifiedName(url, exported)) || isForeign(value as AnyFunction, url)) continue
      this.#add(url, exported, value as AnyFunction)
    }
  }

  get(name: string): WorkerFunction | undefined {
    return this.#byName.get(name) ?? this.#byVariable(name)
  }

  /** Why a worker with these functions can't run a call, if it can't. @throws TypeError if no worker can */
  misfitOf(
    name: string,
    { version, code }: Partial<JobData>,
    worker: { readonly name: string; readonly anyCode: boolean },
  ): Misfit | undefined {
    if (version !== PROTOCOL_VERSION) {
      const error = new TypeError(
        `${name}() was sent by another version of @spindle/distributed: its form is ${version}, ` +
          `the worker ${worker.name} reads ${PROTOCOL_VERSION}`,
      )
      if (!Number.isInteger(version)) throw error
      return { registered: undefined, error }
    }
    const fn = this.get(name)
    if (fn === undefined) {
      const has = `It has ${this.names.join(', ')}${WHY_MISSING}`
      const error = new FunctionNotFoundError(`the worker ${worker.name} has no ${name}(). ${has}`)
      return { registered: name, error }
    }
    if (worker.anyCode || !differ(code, fn.code)) return undefined
    const error = new FunctionNotFoundError(
      `the ${name}() of the worker ${worker.name} is not that of the program: its code is ${fn.code}, and the program ` +
        `has ${code}. Start workers with the code of the program, or, if old and new fit together, with --any-code`,
    )
    return { registered: registeredAs(name, code), error }
  }

  #add(module: string, exported: string, fn: AnyFunction): void {
    const name = qualifiedName(module, exported)
    const known = this.#byName.get(name)
    if (known !== undefined && known.module !== module)
      throw new RuntimeError(`two functions are called ${name}: in ${pathOf(known.module)} and ${pathOf(module)}`)
    this.#byName.set(name, { name, fn, kind: kindOf(fn), module, exported, code: codeOf(fn, module) })
  }

  /** A submitter that could not find out the export's name sends the name of the variable. */
  #byVariable(name: string): WorkerFunction | undefined {
    for (const candidate of this.#byName.values()) {
      const variable = variableOf(candidate.fn, unwrap(candidate.fn))
      if (variable === undefined || qualifiedName(candidate.module, variable) !== name) continue
      this.#byName.set(name, candidate)
      return candidate
    }
    return undefined
  }
}

/** A function with this code. */
function registeredAs(name: string, code: string | undefined): string {
  return `${name} ${code}`
}

type Namespace = Readonly<Record<string, unknown>>

/** Imports a user's module, written in JavaScript or TypeScript, once on each thread. */
export function importSource(url: string): Promise<Namespace> {
  let namespace = imported.get(url)
  if (namespace === undefined) {
    namespace = importModule(url)
    imported.set(url, namespace)
  }
  return namespace
}

const imported = new Map<string, Promise<Namespace>>()

/** The URL of a module that is named by a path or a URL. */
export function urlOf(module: string | { readonly href: string }): string {
  if (typeof module !== 'string') return module.href
  if (/^[a-z][a-z\d+.-]+:/i.test(module)) return module
  return pathToFileURL(resolve(module)).href
}

function pathOf(url: string): string {
  return url.startsWith('file:') ? fileURLToPath(url) : url
}

/** Also if the engine can't tell where it stands: it has no inspector under `--permission`. */
function isForeign(fn: AnyFunction, url: string): boolean {
  try {
    const { module } = toReference(fn)
    return module !== url && /^node:|\/node_modules\//.test(module)
  } catch {
    return true
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
}

function isClass(fn: AnyFunction): boolean {
  return /^class\b/.test(Function.prototype.toString.call(fn))
}
