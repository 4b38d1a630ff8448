/** One place in the sources, changed as a typing mistake might. */
export interface Bug {
  /** A description of the bug. */
  readonly what: string
  readonly file: string
  /** The text to replace, which occurs exactly once in the file. */
  readonly find: string
  readonly replace: string
}

/** Bugs by file and description: what to find, and what to put in its place. */
export function bugsIn(files: Record<string, Record<string, readonly [find: string, replace: string]>>): Bug[] {
  return Object.entries(files).flatMap(([file, bugs]) =>
    Object.entries(bugs).map(([what, [find, replace]]) => ({ what, file, find, replace })),
  )
}
