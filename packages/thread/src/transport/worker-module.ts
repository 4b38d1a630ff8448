import { repr } from '@spindle/loop/internal'
import type { AnyFunction } from './function-reference.ts'
import { references } from './known-functions.ts'

/** The functions of a module, to be run elsewhere. Its other exports are left out. */
export type WorkerModule<M> = { readonly [K in keyof M as M[K] extends AnyFunction ? K : never]: M[K] }

/**
 * Names the functions of a module by its URL, without loading it here: for bundles and `--permission`, where a thread
 * can't find a plain function. Each can be passed wherever an exported function can. The thread checks whether the
 * module exports it. Calling it on this thread is an error.
 *
 * @param url the URL of a module whose exported functions run in workers
 * @throws TypeError if `url` is not a URL of a module
 *
 * @example
 * ```ts no-run
 * import { ThreadPoolExecutor, workerModule } from 'spindle/thread'
 *
 * type Work = { square(n: number): number } // or: typeof import('./work.js')
 * const work = workerModule<Work>(new URL('./work.js', import.meta.url))
 * using executor = new ThreadPoolExecutor(2)
 * console.log(executor.submit(work.square, 6).result())
 * ```
 */
export function workerModule<M>(url: { readonly href: string } | string): WorkerModule<M> {
  const module = checkedUrl(url)
  const functions = new Map<string, AnyFunction>()
  const get = (_: object, name: string | symbol): AnyFunction | undefined => {
    if (typeof name === 'symbol' || name === 'then') return undefined // the object is not awaitable
    let fn = functions.get(name)
    if (fn === undefined) {
      fn = remoteFunction(name, module)
      functions.set(name, fn)
    }
    return fn
  }
  return new Proxy(Object.freeze({}), { get }) as WorkerModule<M> // the cast: the module is not loaded, and its type comes from the user
}

function remoteFunction(name: string, module: string): AnyFunction {
  const fn = (): never => {
    throw new TypeError(
      `${name}() of workerModule(${repr(module)}) runs in other threads only. Pass it to submit(), map() or Thread`,
    )
  }
  Object.defineProperty(fn, 'name', { value: name })
  references.set(fn, { module, name, place: undefined, path: [name], variable: name })
  return fn
}

function checkedUrl(url: { readonly href: string } | string): string {
  const text = typeof url === 'string' ? url : url?.href
  if (typeof text === 'string' && URL.canParse(text) && /^(?:file|data|node|https?):/.test(text)) return text
  throw new TypeError(
    `workerModule() takes the URL of a module, got ${repr(text ?? url)}. Write: workerModule(new URL('./work.js', import.meta.url))`,
  )
}
