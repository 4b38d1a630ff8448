// `npm run coverage` writes docs/reference/coverage.md; `npm run coverage test_tasks` prints where those tests of
// CPython are covered.

import { readFileSync, writeFileSync } from 'node:fs'
import { root } from '../tooling/run-example.ts'
import { compareTests } from './compare-tests.ts'
import { readMaterial } from './material.ts'
import { render } from './render.ts'

const PAGE = 'docs/reference/coverage.md'

const material = await readMaterial()
const [wanted] = process.argv.slice(2)
if (wanted === undefined) {
  const text = render(material)
  // 'a+': a page that is not there yet is an empty one
  const isCurrent = text === readFileSync(`${root}${PAGE}`, { encoding: 'utf8', flag: 'a+' })
  if (!isCurrent) writeFileSync(`${root}${PAGE}`, text)
  console.log(`${PAGE} ${isCurrent ? 'is up to date' : 'was written'}`)
} else {
  for (const { name, fate } of compareTests(material.tests, material.mentions)) {
    if (!name.includes(wanted)) continue
    const where = fate.kind === 'covered' ? fate.by.map(({ file, line }) => `${file}:${line}`).join(' ') : fate.kind
    console.log(`${name}  ${where}`)
  }
}
