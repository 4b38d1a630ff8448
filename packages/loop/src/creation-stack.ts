// In debug mode each Future, Task and Handle remembers where it was created.

import { formatLocation } from './source-location.ts'

const stacks = new WeakMap<object, string>()

// Our own sources lie in sibling folders, `loop` and `task`; their frames tell a user nothing. Stacks name them by URL or by path.
const house = ((import.meta as { url?: string }).url ?? '')
  .replace(/loop\/(src|dist)\/[^/]*$/, '')
  .replace('file://', '')

export const creationStack = {
  /** Notes the present stack as the place where `object` is created. */
  record(object: object): void {
    const lines = new Error().stack?.split('\n').slice(1) ?? []
    stacks.set(object, lines.filter((line) => !isOurs(line)).join('\n'))
  },

  /** The stack, a line each frame, or undefined if debug mode was off. */
  of(object: object): string | undefined {
    return stacks.get(object)
  },

  /** Where the innermost of these frames stands: `file.ts:12`. */
  place(object: object): string | undefined {
    const [, file, line] = /(?:\(|at (?:async )?)([^(]+?):(\d+):\d+\)?$/m.exec(stacks.get(object) ?? '') ?? []
    if (file === undefined) return undefined
    // Stacks name a file by its URL, or, where a source map has been applied, by its path.
    return formatLocation({ url: file.startsWith('/') ? `file://${encodeURI(file)}` : file, line: Number(line) })
  },
}

function isOurs(line: string): boolean {
  return house !== '' && /(loop|task)\/(src|dist)\//.test(line) && line.includes(house) && !line.includes('.test.')
}
