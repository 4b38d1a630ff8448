import { readFileSync } from 'node:fs'

/** The text of a module; undefined if it can't be had. */
export function textOf(module: string): string | undefined {
  try {
    return readFileSync(new URL(module), 'utf8')
  } catch {
    return undefined // not a file, or not to be read under `--permission`
  }
}
