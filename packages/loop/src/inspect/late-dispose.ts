// `using` looks up `Symbol.dispose`. A browser without it may load a polyfill, even after this module was loaded. Code
// that esbuild generates for `using` has its own symbol.

export const isDisposeLate: boolean = Symbol.dispose === undefined

export function disposable(dispose: () => void): Disposable {
  if (!isDisposeLate) return { [Symbol.dispose]: dispose }
  const get = (_target: object, key: PropertyKey): unknown => (disposeKeys().includes(key) ? dispose : undefined)
  return new Proxy({}, { get }) as Disposable // its only property
}

/** Adds the dispose method to a class that was defined before `Symbol.dispose` existed. */
export function disposeLate(object: object, dispose: () => void): void {
  for (const key of disposeKeys()) Object.defineProperty(object, key, { value: dispose })
}

function disposeKeys(): PropertyKey[] {
  const polyfilled: symbol | undefined = Symbol.dispose
  const ofEsbuild = Symbol.for('Symbol.dispose')
  return polyfilled === undefined ? [ofEsbuild] : [ofEsbuild, polyfilled]
}
