import { fileURLToPath } from 'node:url'

/** A JSON file that maps each import specifier to the built file. Written by built-packages.mjs. */
export const MODULES = fileURLToPath(new URL('../../node_modules/.cache/built-packages.json', import.meta.url))
