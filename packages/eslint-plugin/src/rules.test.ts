// The cases of all rules, in one file: so they share what TypeScript knows of `spindle`, which takes a second to load.
// The cases of one rule: `npm test eslint-plugin/src/rules -- -t yield-star`.

import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('rules/', import.meta.url))
for (const name of readdirSync(folder))
  if (name.endsWith('.cases.fixture.ts')) await import(/* @vite-ignore */ `${folder}${name}`)
