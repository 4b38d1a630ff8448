import { types } from 'node:util'

/** Whether it is an error, also one of Node in a test of Jest, which has an `Error` of its own. Runs no code of it. */
export function isError(value: unknown): value is Error {
  return types.isNativeError(value) || value instanceof Error || value instanceof DOMException
}
