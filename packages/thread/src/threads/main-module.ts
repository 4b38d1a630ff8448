import { realpathSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { repr } from '@spindle/loop/internal'
import { callingScript } from '../transport/calling-script.ts'
import { isStartedFromBundle } from '../transport/own-functions.ts'

/**
 * Whether the module is the program that was started, and this is its main thread. A thread imports the module of its
 * target again, so code that runs at the start of the program needs this check. Python: `if __name__ == '__main__'`.
 * @param meta `import.meta`
 *
 * @example
 * ```ts no-run
 * import { isMain } from 'spindle/thread'
 *
 * if (isMain(import.meta)) main()
 * function main(): void {}
 * ```
 */
export function isMain(meta: { readonly url?: string; readonly main?: boolean }): boolean {
  if (typeof meta !== 'object' || meta === null) throw new TypeError(`isMain() takes import.meta, got ${repr(meta)}`)
  if (!isMainThread || isStartedFromBundle()) return false // webpack makes `main` true in any process
  if (typeof meta.main === 'boolean') return meta.main // Node 24.2, Deno, Bun
  const started = process.argv[1]
  const url = meta.url ?? callingScript(isMain) // a bundle that is CommonJS has no import.meta.url
  if (started === undefined || !url?.startsWith('file:')) return false
  const path = fileURLToPath(url)
  return [started, `${started}.js`, `${started}.ts`].some((candidate) => realpath(candidate) === path) // `node dist/app`
}

function realpath(path: string): string | undefined {
  try {
    return realpathSync(path)
  } catch {
    return undefined
  }
}
