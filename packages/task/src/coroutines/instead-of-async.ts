// The hint for an async function in place of a coroutine function.

export const INSTEAD_OF_ASYNC =
  '. Write `function*` and `yield*` instead of `async` and `await`; the call of a function that returns a promise is awaited as `yield* call((signal) => …)`'

export function isAsyncFunction(value: unknown): boolean {
  return typeof value === 'function' && Object.prototype.toString.call(value) === '[object AsyncFunction]'
}
