// `using` asks for `Symbol.dispose`. A browser without it may get a polyfill, even after this module was loaded; the
// code esbuild generates for `using` has its own.

/** Whether classes found no `Symbol.dispose` to name a method by. */
export const isDisposeLate: boolean = Symbol.dispose === undefined

/** An object with nothing but what it does at the end of a `using`. */
export function disposable(dispose: () => void): Disposable {
  if (!isDisposeLate) return { [Symbol.dispose]: dispose }
  const get = (_target: object, key: PropertyKey): unknown => (disposeKeys().includes(key) ? dispose : undefined)
  return new Proxy({}, { get }) as Disposable // its only property
}

/** Names what the object of a class does at the end of a `using`, where the class could not. */
export function disposeLate(object: object, dispose: () => void): void {
  for (const key of disposeKeys()) Object.defineProperty(object, key, { value: dispose })
}

function disposeKeys(): PropertyKey[] {
  const polyfilled: symbol | undefined = Symbol.dispose
  const ofEsbuild = Symbol.for('Symbol.dispose')
  return polyfilled === undefined ? [ofEsbuild] : [ofEsbuild, polyfilled]
}
