import { inspect } from 'node:util'
import { isError } from './is-error.ts'

/** A short text of a thrown value, for the message of another error. */
export function reasonOf(thrown: unknown): string {
  return isError(thrown) ? thrown.message : inspect(thrown)
}
