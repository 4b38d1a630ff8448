import { inspect } from 'node:util'

/** A short text of a thrown value, for the message of another error. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : inspect(thrown)
}
