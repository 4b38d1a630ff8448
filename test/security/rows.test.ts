import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { bugs } from '../planted/security-bugs.ts'
import { root } from '../tooling/run-example.ts'

const PAGE = `${root}docs/explanation/security.md`

describe('docs/explanation/security.md', () => {
  const rows = [...readFileSync(PAGE, 'utf8').matchAll(/^\| (.+?) \| (.+?) \|$/gm)]
    .map(([, promise = '', by = '']) => ({ promise, by }))
    .filter(({ promise }) => promise !== 'promise')
  const checks = readdirSync(new URL('.', import.meta.url)).flatMap((file) => {
    const source = readFileSync(new URL(file, import.meta.url), 'utf8')
    const titles = [...source.matchAll(/^describe\S*?\(\s*(['"])(.+?)\1, /gm)]
    return file === 'rows.test.ts' ? [] : titles.map(([, , title = '']) => title)
  })

  it('promises nothing that has no second check in this folder, which has no other', () => {
    expect(rows.length).toBeGreaterThan(20)
    const found = (title: string): string[] =>
      rows.flatMap(({ promise }) =>
        promise.replaceAll('`', '').startsWith(title.replaceAll('`', '')) ? [promise] : [],
      )
    expect(rows.filter(({ promise }) => checks.filter((title) => found(title).includes(promise)).length !== 1)).toEqual(
      [],
    )
    expect(checks.filter((title) => found(title).length !== 1)).toEqual([])
  })

  it('has a planted bug for each second check', () => {
    expect(bugs.map(({ what }) => what).sort()).toEqual(checks.sort())
  })

  it('names tests that exist', () => {
    const files = rows.flatMap(({ by }) => [...by.matchAll(/\]\((.+?)\)/g)].map(([, path]) => path as string))
    expect(files.filter((path) => !existsSync(new URL(path, `file://${PAGE}`)))).toEqual([])
    expect(rows.filter(({ by }) => !by.includes(']('))).toEqual([])
  })
})
