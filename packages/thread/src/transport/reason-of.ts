import { inspect } from 'node:util'

/** What was thrown, in a few words, for the message of another error. */
export function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : inspect(thrown)
}
