/** @type {Record<string, (value: number) => Promise<number>>} */
const kinds = {
  'promise-async': async (value) => {
    await undefined
    return value
  },
  'promise-settled': (value) => Promise.resolve(value),
}

/**
 * A promise that settles in a microtask: that of an async function, or a settled one, depending on the workload.
 *
 * @type {(value: number) => Promise<number>}
 */
export const inMicrotask =
  kinds[process.argv[3] ?? ''] ?? ((value) => new Promise((resolve) => queueMicrotask(() => resolve(value))))
