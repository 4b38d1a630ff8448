import { fileURLToPath } from 'node:url'

/** A JSON file that maps each import specifier to the built file. Written by built-packages.mjs. */
export const MODULES = fileURLToPath(new URL('../../node_modules/.cache/built-packages.json', import.meta.url))

/**
 * Tests import the floors of `spindle` by their own names: by which each is found once it is built.
 * @type {Readonly<Record<string, string>>}
 */
export const FLOORS = {
  '@spindle/loop': 'spindle/internal',
  '@spindle/loop/internal': 'spindle/internal',
  '@spindle/task': 'spindle/internal',
  '@spindle/thread': 'spindle/internal/thread',
  '@spindle/thread/internal': 'spindle/internal/thread',
  '@spindle/node': 'spindle/node',
}
