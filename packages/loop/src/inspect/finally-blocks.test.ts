import { expect, it } from 'vitest'
import { finallyBlocks } from './finally-blocks.ts'

it('finds the `finally` blocks among all that looks like one', () => {
  const source = `
    try { a() } finally { /* } */ b('}', "{", /[}/]{2}\\/}/, \`} \${{ c: \`}\` }} finally {\`); if (d) { e() } }
    promise.finally(() => { f() }) // finally { g() }
    const quotient = h / 2 / (k - 1); const text = "it's"
    try {} finally {
      try { l() } finally { m() }
      n()
    }
    const q = 'finally {' + { finally: { r: 1 } } + \`\${'}'}\``
  const found = finallyBlocks(source).map(([begin, end]) => source.slice(begin, end + 1).replaceAll(/\s+/g, ' '))
  expect(found).toEqual([
    '{ /* } */ b(\'}\', "{", /[}/]{2}\\/}/, `} ${{ c: `}` }} finally {`); if (d) { e() } }',
    '{ m() }',
    '{ try { l() } finally { m() } n() }',
  ])
})
