/** @returns {{ promise: Promise<any>, resolve: (value?: any) => void }} */
export function deferred() {
  let resolve = (/** @type {any} */ _value) => {}
  const promise = new Promise((resolvePromise) => {
    resolve = resolvePromise
  })
  return { promise, resolve }
}
