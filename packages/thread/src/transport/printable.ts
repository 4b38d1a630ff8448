import { inspect } from 'node:util'

/** A text as part of a line, without line breaks or escape sequences. That of the loop would load all of it. */
export function printable(text: string): string {
  return inspect(text).slice(1, -1)
}
