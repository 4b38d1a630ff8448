import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { brokenLinks, pageOf } from '../../site/site.mjs'

describe('a page of the site', () => {
  const isPage = (file: string): boolean => ['README.md', 'docs/learn/guide.md', 'docs/pictures/a.svg'].includes(file)

  it('links to other pages, and to where everything else is hosted', () => {
    const text =
      '[a](../learn/guide.md#run) [b](../../packages/loop/src/x.ts#L1) [c](../../README.md) ![d](../pictures/a.svg)'
    expect(pageOf('docs/how-to/node.md', text, isPage)).toBe(
      '[a](/learn/guide.md#run) [b](https://github.com/spindle-js/spindle/blob/main/packages/loop/src/x.ts#L1) [c](/) ![d](/pictures/a.svg)',
    )
  })

  it('keeps its own headings and what is elsewhere', () => {
    const text = '[a](#here) [b](https://nodejs.org/api) [c](mailto:x@example.org)'
    expect(pageOf('docs/how-to/node.md', text, isPage)).toBe(text)
  })
})

it('links of a built site that lead nowhere are found, and no others', () => {
  const folder = mkdtempSync(join(tmpdir(), 'spindle-site-'))
  try {
    mkdirSync(join(folder, 'learn'))
    writeFileSync(
      join(folder, 'index.html'),
      '<a href="/learn/guide.html#run">1</a><a href="learn/guide.html#gone">2</a><a class="x" href="/gone.html">3</a><a href="https://nodejs.org">4</a>',
    )
    writeFileSync(
      join(folder, 'learn/guide.html'),
      '<h2 id="run">run</h2><a href="/">1</a><a href="../picture.svg">2</a>',
    )
    writeFileSync(join(folder, 'picture.svg'), '')
    expect(brokenLinks(folder)).toEqual(['index.html: learn/guide.html#gone', 'index.html: /gone.html'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
