import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readable, withoutAdvice } from '../../site/reference.mjs'
import { brokenLinks, descriptionOf, examplePage, lessonPage, llmsText, pageOf, withTypes } from '../../site/site.mjs'
import { root } from './run-example.ts'

describe('a page of the site', () => {
  const isPage = (file: string): boolean => ['README.md', 'docs/learn/guide.md', 'docs/pictures/a.svg'].includes(file)

  it('links to other pages, and to where everything else is hosted', () => {
    const text =
      '[a](../learn/guide.md#run) [b](../../packages/loop/src/x.ts#L1) [c](../../README.md) ![d](../pictures/a.svg)'
    expect(pageOf('docs/how-to/node.md', text, isPage)).toBe(
      '[a](/learn/guide.md#run) [b](https://github.com/spindle-js/spindle/blob/main/packages/loop/src/x.ts#L1) [c](/) ![d](/pictures/a.svg)',
    )
  })

  it('has no comments of the programs that write parts of it', () => {
    expect(pageOf('docs/a.md', 'a\n\n<!-- npm run bench -->\n\nb\n<!-- end -->\n', isPage)).toBe('a\n\n\nb\n')
  })

  it('is described by its first paragraph, which ends with a sentence or a word', () => {
    const text = '# A `Lock`\n\n```ts\nnot this\n```\n\nOne [Task](x.md) at a time\nhas `it`.\n\nMore.'
    expect(descriptionOf(text)).toBe('One Task at a time has it.')
    expect(descriptionOf(`# A\n\n${'word '.repeat(20)}ends. ${'word '.repeat(20)}`)).toMatch(/ ends\.$/)
    expect(descriptionOf(`# A\n\n${'word '.repeat(50)}`)).toMatch(/^.{100,158}word …$/)
  })

  it('keeps its own headings and external links', () => {
    const text = '[a](#here) [b](https://nodejs.org/api) [c](mailto:x@example.org)'
    expect(pageOf('docs/how-to/node.md', text, isPage)).toBe(text)
  })
})

describe('a page of the reference', () => {
  const generated = [
    '# Function: race()\n\n```ts\nfunction race<A, L = A>(\n   awaitables: A | ListAdvice<L, (a: A) => B<A>>, \n   options?: object\n): Future<A>;\n```\n',
    'Waits for the first.\n\n## Type Parameters\n\n### A\n\n`A`\n\n## Parameters\n\n### awaitables\n\n`A`\n\nthe racers\n',
    '### options?\n\n#### grace?\n\n`number` \\| `undefined`\n\n## Returns\n\n`Future`\\<`A`\\>\n\nthe winner\n',
    '## Throws\n\nRangeError if empty\n\n## Example\n\n```ts\n# not a heading\nrace([])\n```\n',
  ].join('\n')

  it('has the signature, the example, and then prose, without headings of types', () => {
    expect(readable(generated)).toBe(
      [
        '# race()',
        '```typescript\nfunction race<A>(\n   awaitables: A, \n   options?: { grace?: number | undefined }\n): Future<A>;\n```',
        '```ts\n# not a heading\nrace([])\n```',
        'Waits for the first.',
        '- `awaitables`: the racers',
        'Returns the winner',
        'Throws RangeError if empty\n',
      ].join('\n\n'),
    )
  })

  it('of a class has its methods below it, and the constructor by its name', () => {
    const page =
      '# Class: Lock\n\nOne at a time.\n\n## Extends\n\n- `Bound`\n\n## Constructor\n\n```ts\nnew Lock(): Lock;\n```\n\n## locked()\n\n```ts\nlocked(): boolean;\n```\n\nWhether it is.\n\n### Returns\n\n`boolean`\n'
    expect(readable(page).match(/^#.*$/gm)).toEqual(['# Lock', '## new Lock', '## locked()'])
  })

  it('keeps a signature without advice as it is', () => {
    const signature = 'function sleep<T = void>(delay: number, result?: T): Coroutine<T>;\n'
    expect(withoutAdvice(signature)).toBe(signature)
    expect(withoutAdvice('function run<T, C = M<T>>(main: \n  | M<T>\n  | Advice<C, M<unknown>>, o?: O): P<T>;')).toBe(
      'function run<T>(main: M<T>, o?: O): P<T>;',
    )
  })
})

it('llms.txt has the skill, and each page with its description', () => {
  const text = llmsText([['how-to/node.md', '# At home in Node\n\nStreams and processes.\n\nMore.']])
  expect(text).toMatch(/^# Spindle\n\n> /)
  expect(text).toContain('(/SKILL.md)')
  expect(text).toContain('- [At home in Node](/how-to/node.html): Streams and processes.\n')
})

it('a block of TypeScript gets its imports above it, marked as not shown', () => {
  const text = 'a\n\n```ts no-run\nsleep(1)\n```\n\n- b\n\n  ```ts\n  run()\n  ```\n\n```js\n1\n```\n'
  expect(withTypes(text, (code) => `import ${code.trim().slice(0, 3)}`)).toBe(
    'a\n\n```ts twoslash\nimport sle\n// ---cut---\nsleep(1)\n```\n\n- b\n\n  ```ts twoslash\n  import run\n  // ---cut---\n  run()\n  ```\n\n```js\n1\n```\n',
  )
})

it('the page of an example has its header, the program, its output, and its picture', () => {
  const page = examplePage('examples/cancellation/07_chain.ts')
  const program = readFileSync(`${root}examples/cancellation/07_chain.ts`, 'utf8')
  expect(page).toMatch(/^# 07 chain\n\n\w/)
  expect(page).toContain(`\`\`\`ts\n${program.slice(program.indexOf('import '))}\`\`\``)
  expect(page).toContain(readFileSync(`${root}examples/cancellation/07_chain.out`, 'utf8'))
  expect(page).toContain('](/pictures/chain.svg)')
  expect(page).not.toContain('// Run:')
})

it('a lesson is a page with its question, the Lab at that lesson, and the reason folded', () => {
  const lesson = '# 7 A chain\n\nWhat is cancelled?\n\n## Program\n\n```ts\n1\n```\n\n## Why\n\nAll of it.\n'
  expect(lessonPage('10-a-chain.md', lesson).split('\n\n')).toEqual([
    '# 7 A chain',
    'What is cancelled?',
    '```ts\n1\n```',
    expect.stringContaining('](/lab/index.html#a-chain)'),
    '```lab\na-chain\n```',
    '::: details Why\nAll of it.\n:::',
  ])
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
    writeFileSync(join(folder, 'index.html'), '<a href="/at/learn/guide.html#run">1</a><a href="/picture.svg">2</a>')
    writeFileSync(join(folder, 'learn/guide.html'), '<h2 id="run">run</h2>')
    expect(brokenLinks(folder, '/at/')).toEqual(['index.html: /picture.svg'])
  } finally {
    rmSync(folder, { recursive: true })
  }
})
