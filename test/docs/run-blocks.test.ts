// The runner of the documentation's blocks finds what it is there to find.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Block, blocksOf, implicitModules, moduleOf } from './blocks.ts'
import { CompiledBlocks } from './run-blocks.ts'

const text = `
\`\`\`ts
console.log('one') // prints: one
for (const n of [2, 3]) console.log(n)
// prints: 2
// prints: …
\`\`\`

\`\`\`ts
console.log('other') // prints: one
\`\`\`

\`\`\`ts
console.log('more')
console.log('than it says') // prints: than it says
\`\`\`

\`\`\`ts
const text: string = 1
\`\`\`

\`\`\`ts
throw new Error('on its way')
\`\`\`

\`\`\`ts
await new Promise(() => {}) // nobody will ever settle it
\`\`\`

\`\`\`ts no-run
throw new Error('not reached')
\`\`\`

\`\`\`ts no-run
missing()
\`\`\`

\`\`\`ts fails-to-compile
const text: string = 1
\`\`\`

\`\`\`ts fails-to-compile
const text: string = 'fine'
\`\`\`

\`\`\`ts fails-to-compile
missing()
\`\`\`

\`\`\`js
not TypeScript
\`\`\`
`

describe('the blocks of the documentation', { timeout: 120_000 }, () => {
  const blocks = blocksOf('guide.md', text)
  let compiled: CompiledBlocks
  beforeAll(async () => {
    compiled = await CompiledBlocks.compile(blocks)
  }, 120_000)
  afterAll(() => compiled.remove())

  it('are found with their lines and modes', () => {
    expect(blocks.map(({ line, mode }) => `${line} ${mode}`)).toEqual([
      ...['2 run', '9 run', '13 run', '18 run', '22 run', '26 run'],
      ...['30 no-run', '34 no-run', '38 fails-to-compile', '42 fails-to-compile', '46 fails-to-compile'],
    ])
  })

  it.each<[line: number, verdict: unknown]>([
    [2, undefined],
    [9, expect.stringMatching(/it should print\n {4}one\nbut it prints\n {4}other/)],
    [13, expect.stringContaining('but it prints\n    more\n    than it says')],
    [18, expect.stringContaining("guide.md:19: error TS2322: Type 'number' is not assignable to type 'string'.")],
    [22, expect.stringMatching(/it ended with exit code 1:.*Error: on its way/s)],
    [26, expect.stringContaining('it ended with exit code 13')],
    [30, undefined],
    [34, expect.stringContaining("guide.md:35: error TS2304: Cannot find name 'missing'.")],
    [38, undefined],
    [42, 'it should not compile, but it does'],
    [46, expect.stringContaining("Cannot find name 'missing'")],
  ])('are judged: the one in line %i', async (line, verdict) => {
    const block = blocks.find((block) => block.line === line)
    expect(await compiled.verify(block as Block)).toEqual(verdict)
  })

  it('in a source count if they are in a TSDoc comment', () => {
    const source = [
      'const fence = `',
      '```ts',
      '```',
      '`',
      '  /**',
      '   * @example',
      '   * ```ts',
      '   *   a()',
      '   * ```',
      '   */',
    ]
    expect(blocksOf('packages/loop/src/x.ts', source.join('\n'))).toEqual([
      { file: 'packages/loop/src/x.ts', line: 7, mode: 'run', code: '  a()' },
    ])
  })

  it('with an unknown word after ts, without an end, or in the line of their @example, are refused', () => {
    const example = '/**\n * @example ```ts a() {\n * }\n * ```\n */'
    expect(() => blocksOf('x.ts', example)).toThrow('x.ts:2: an @example is a block of ts in the next line')
    expect(() => blocksOf('guide.md', '```ts norun\n```')).toThrow('guide.md:1: after ```ts stands nothing')
    expect(() => blocksOf('guide.md', 'text\n```ts\n')).toThrow('guide.md:2: this block has no end')
  })

  it('need no imports', () => {
    const modules = new Map([
      ['spindle', ['run', 'sleep', 'Event', 'type Coroutine']],
      ['spindle/thread', ['Thread', 'Event', 'sleep']],
    ])
    const code =
      'function* main(): Coroutine<void> { yield* sleep(1) } // Event\nfunction run() {}\nnew Thread(x.Event)'
    expect(moduleOf({ file: '', line: 1, mode: 'run', code }, modules)).toBe(
      `import { sleep, type Coroutine } from 'spindle'; import { Thread } from 'spindle/thread'; export {}\n${code}\n`,
    )
    const own = `import { sleep } from 'spindle/thread'\nsleep(1)`
    expect(moduleOf({ file: '', line: 1, mode: 'run', code: own }, modules)).toBe(`export {}\n${own}\n`)
  })

  it('may use what spindle, its sub-paths and @spindle/testing export', () => {
    const modules = implicitModules('docs/learn/guide.md')
    expect([...modules.keys()].slice(0, 2)).toEqual(['spindle', 'spindle/types'])
    expect(modules.get('spindle')).toEqual(expect.arrayContaining(['run', 'sleep', 'type Coroutine']))
    expect(modules.get('@spindle/testing')).toContain('inVirtualTime')
    for (const file of ['packages/thread/src/threads/thread.ts', 'docs/how-to/threads.md']) {
      expect([...implicitModules(file).keys()][0]).toBe('spindle/thread')
    }
  })
})
