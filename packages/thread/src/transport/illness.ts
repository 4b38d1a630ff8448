// Some failures stay with a worker: an ES module whose import has failed is never evaluated again, a global that a call
// has replaced stays replaced, and files that a call has left open stay open. After a call that threw, the worker looks
// for them.

let failedModule: string | undefined
let isWatched = false
let kept: KeptFunction[] = []

/** A function as a module or a call finds it. */
interface KeptFunction {
  readonly owner: object
  readonly key: PropertyKey
  readonly fn: unknown
  readonly name: string
}

// A call may replace these, too.
const { getOwnPropertyDescriptor, ownKeys } = Reflect

/** From now on, `illness` looks for globals that have changed since the last module was loaded. */
export function watchGlobals(): void {
  isWatched = true
}

/** A module has been loaded, which may have changed globals on purpose. */
export function keepGlobals(): void {
  if (!isWatched) return
  kept = []
  for (const [name, { value }] of Object.entries(Object.getOwnPropertyDescriptors(globalThis))) {
    if (typeof value === 'function') kept.push({ owner: globalThis, key: name, fn: value, name })
    const isIntrinsic = typeof value === 'function' ? /^[A-Z]/.test(name) : NAMESPACES.has(name)
    if (!isIntrinsic) continue
    keepFunctions(value as object, name)
    const { prototype } = value as { readonly prototype?: unknown }
    if (typeof prototype === 'object' && prototype !== null) keepFunctions(prototype, `${name}.prototype`)
  }
}

const NAMESPACES = new Set(['JSON', 'Math', 'Reflect', 'Atomics'])

function keepFunctions(owner: object, name: string): void {
  for (const key of ownKeys(owner)) {
    const fn: unknown = getOwnPropertyDescriptor(owner, key)?.value
    if (typeof fn === 'function') kept.push({ owner, key, fn, name: `${name}.${String(key)}` })
  }
}

export function noteFailedModule(url: string): void {
  failedModule = url
}

/** Why this thread or process can't run calls as it should, if it can't. @param thrown by a call there */
export function illness(thrown: unknown): string | undefined {
  if (failedModule !== undefined) return `its module ${failedModule} has failed, and is never loaded again there`
  try {
    if (Object(thrown).code === 'EMFILE') return 'it can open no more files' // its end closes those that are open
  } catch {} // its getter throws
  return replacedGlobal()
}

/** Says which global a call has replaced, if any. */
export function replacedGlobal(): string | undefined {
  for (let index = 0; index < kept.length; index++) {
    const { owner, key, fn, name } = kept[index] as KeptFunction
    if (getOwnPropertyDescriptor(owner, key)?.value !== fn) return `a call has replaced ${name}`
  }
  return undefined
}
