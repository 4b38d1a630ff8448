/** @type {Record<string, (value: number) => Promise<number>>} */
const kinds = {
  'promise-async': async (value) => {
    await undefined
    return value
  },
  'promise-settled': (value) => Promise.resolve(value),
  'await-call': (value) => new Promise((resolve) => setImmediate(resolve, value)),
  'await-call-settled': (value) => Promise.resolve(value),
}

/**
 * A promise that settles in a microtask, or as the workload says: that of an async function, a settled one, or one that
 * settles after a turn of the host.
 *
 * @type {(value: number) => Promise<number>}
 */
export const promiseOf =
  kinds[process.argv[3] ?? ''] ?? ((value) => new Promise((resolve) => queueMicrotask(() => resolve(value))))
