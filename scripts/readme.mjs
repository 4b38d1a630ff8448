// The page of `spindle` on npm is README.md with its links adapted. `npm run pack` writes it.

import { readFileSync, writeFileSync } from 'node:fs'
import { root } from './setup.mjs'

const HOSTED = 'https://github.com/spindle-js/spindle/blob/main/'
const PICTURES = 'https://raw.githubusercontent.com/spindle-js/spindle/main/'

export const PAGE_ON_NPM = 'packages/spindle/README.md'

/** README.md with links that work from anywhere. */
export function pageOnNpm() {
  const text = readFileSync(`${root}README.md`, 'utf8')
  return text.replace(/(!?)(\[[^\]]*\]\()(?!https?:|#)/g, (_, picture, words) => {
    return `${picture}${words}${picture === '' ? HOSTED : PICTURES}`
  })
}

export function writePageOnNpm() {
  writeFileSync(`${root}${PAGE_ON_NPM}`, pageOnNpm())
}
