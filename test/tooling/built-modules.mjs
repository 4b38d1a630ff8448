import { fileURLToPath } from 'node:url'

/** What a program imports from → the file that is built for it, as JSON. Written by built-packages.mjs. */
export const MODULES = fileURLToPath(new URL('../../node_modules/.cache/built-packages.json', import.meta.url))
