// The loader for TypeScript. A thread or process does not inherit the one of this thread.

/** Returns the loader that a thread needs for its target and for Spindle's own entry file. */
export function loaderForThread(target: string, entry: string): string | undefined {
  return needsTsx(target) || needsTsx(entry) ? findTsx(target) : undefined
}

/** Returns the loader that a process needs for `main`; undefined if an option loads tsx already. */
export function loaderForProcess(main: string): string | undefined {
  return needsTsx(main) && !TSX_OPTION.test(options()) ? findTsx(main) : undefined
}

/** Registers the loader that this thread needs to import `module`, unless it started with a loader. */
export async function registerFor(module: string): Promise<void> {
  if (REGISTERED in globalThis) return
  const loader = loaderForProcess(module)
  if (loader === undefined) return
  Reflect.set(globalThis, REGISTERED, loader)
  for (const url of loadersFrom(loader)) {
    const { register } = (await import(/* webpackIgnore: true */ /* @vite-ignore */ url)) as { register(): void }
    register()
  }
}

/** The modules to register. Node 20 needs a second one of tsx for CommonJS; later versions load both by the first. */
export function loadersFrom(loader: string): readonly string[] {
  const needsBoth = loader.endsWith(ES_MODULES_OF_TSX) && process.version.startsWith('v20.')
  return needsBoth ? [loader, new URL('../../cjs/api/index.mjs', loader).href] : [loader]
}

const ES_MODULES_OF_TSX = '/esm/api/index.mjs'

/** Whether this thread loads modules through a loader. */
export function hasLoader(): boolean {
  return REGISTERED in globalThis
}

/** Names the loader of this thread. */
export function loaderHere(): string {
  if (TSX_OPTION.test(options())) return 'tsx'
  const registered = Reflect.get(globalThis, REGISTERED) as string | undefined
  return (registered?.endsWith(ES_MODULES_OF_TSX) ? 'tsx' : registered) ?? 'node'
}

const REGISTERED = Symbol.for('spindle.typescript')

function needsTsx(module: string): boolean {
  if (TSX_OPTION.test(options())) return true // this process runs through it
  if (!/\.[cm]?tsx?(?:[?#]|$)/.test(module)) return false
  const stripsTypes = Boolean((process.features as { readonly typescript?: unknown }).typescript) // Node ≥ 22.18
  return !stripsTypes || process.env['VITEST'] !== undefined // which compiles more of TypeScript than Node strips
}

/**
 * The module that installs tsx in a thread: the one of this thread, or the tsx beside the module, the program or
 * Spindle, or of this process. Never that of the working directory, which is not trusted.
 */
function findTsx(module: string): string | undefined {
  const registered = Reflect.get(globalThis, REGISTERED) as string | undefined
  if (registered !== undefined) return registered
  const { createRequire } = process.getBuiltinModule('node:module') // few threads need these
  const { pathToFileURL } = process.getBuiltinModule('node:url')
  const own: string | undefined = import.meta.url // undefined in a bundle that is CommonJS
  for (const from of [module, process.argv[1], own]) {
    try {
      if (from === undefined) continue
      const commonJs = pathToFileURL(createRequire(from).resolve('tsx/esm/api'))
      return new URL('./index.mjs', commonJs).href // which registers for `import`
    } catch {
      // not installed there
    }
  }
  const running = TSX_OPTION.exec(options())?.[0] // npx tsx program.ts
  return running?.startsWith('file:') ? new URL('./esm/api/index.mjs', running).href : undefined
}

const TSX_OPTION = /(?<=^|[\s=])(?:file:\S*\/tsx\/dist\/\S+|tsx)(?=\s|$)/

/** The options of Node with which this thread was started. */
export function options(): string {
  return [...process.execArgv, process.env['NODE_OPTIONS']].join(' ')
}
