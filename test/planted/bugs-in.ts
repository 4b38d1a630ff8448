/** One place in the sources, changed as a typing mistake might. */
export interface Bug {
  /** A description of the bug. */
  readonly what: string
  readonly file: string
  /** The text to replace, which occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
  /** For a bug that CPython once had: its test that shows the bug, as cpython-tests.txt names it. */
  readonly row?: string | undefined
}

type Change = readonly [find: string, replace: string, row?: string]

/** Bugs by file and description: what to find, and what to put in its place. */
export function bugsIn(files: Record<string, Record<string, Change>>): Bug[] {
  return Object.entries(files).flatMap(([file, bugs]) =>
    Object.entries(bugs).map(([what, [find, replace, row]]) => ({ what, file, find, replace, row })),
  )
}
