// The documentation of the rules is true: each section's first block is reported by its rule, the second by none.

import { readFileSync, rmSync } from 'node:fs'
import { ESLint } from 'eslint'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import plugin from './index.ts'
import { lint, root, writePrograms } from './typed-eslint.fixture.ts'

const PRELUDE = `
import { readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { call, type Coroutine, createTask, ensureFuture, forEach, gather, gatherMap, Lock, rethrowIfCancelled, sleep } from 'spindle'
declare const list: number[]
declare const client: { load(signal: AbortSignal): Promise<string>; close(): Promise<void> }
const lock = new Lock()
function* save(): Coroutine<void> { yield* sleep(1) }
function* isAllowed(): Coroutine<boolean> { yield* sleep(1); return true }
function* download(url: string): Coroutine<string> { yield* sleep(1); return url }
export const unused = [readFileSync, readFile, createTask, ensureFuture, forEach, gather, gatherMap, rethrowIfCancelled, call, client, list, lock, isAllowed, download]
`

const page = readFileSync(`${root}docs/reference/lint-rules.md`, 'utf8')
const sections = page
  .split(/^## /m)
  .map((section) => ({ rule: section.split('\n')[0] ?? '', blocks: blocksOf(section) }))
  .filter(({ rule }) => rule in plugin.rules)

let folder: string
let files: string[]
let reported: Map<string, { rule: string }[]>

beforeAll(async () => {
  const programs = sections.flatMap(({ blocks }) =>
    blocks.map((block) => `${PRELUDE}export ${block.slice(block.indexOf('function*'))}`),
  )
  const written = writePrograms('rules', programs)
  folder = written.folder
  files = written.files
  reported = await lint(folder, ['*.ts'], 'strict')
}, 120_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the configurations', () => {
  it('apply to one file together, as the page combines them', async () => {
    const { recommended, strict, tests } = plugin.configs
    const overrideConfig = [recommended, strict, { files: ['**/*.test.js'], ...tests }]
    const eslint = new ESLint({ overrideConfigFile: true, overrideConfig })
    const levelOf = async (file: string) =>
      (await eslint.calculateConfigForFile(file)).rules['@spindle/no-swallowed-cancellation'][0]
    expect([await levelOf('main.js'), await levelOf('main.test.js')]).toEqual([2, 0])
  })
})

describe('docs/reference/lint-rules.md', () => {
  it('has a section for each rule, with an incorrect and a correct block', () => {
    expect(sections.map(({ rule }) => rule).toSorted()).toEqual(Object.keys(plugin.rules).toSorted())
    expect(sections.filter(({ blocks }) => blocks.length !== 2).map(({ rule }) => rule)).toEqual([])
  })

  it.each(sections.map(({ rule }, index) => ({ rule, index })))(
    '$rule: the first block is reported, the second is not',
    ({ rule, index }) => {
      const rulesOf = (file = ''): string[] => [...new Set((reported.get(file) ?? []).map((each) => each.rule))]
      expect(rulesOf(files[2 * index])).toEqual([rule])
      expect(rulesOf(files[2 * index + 1])).toEqual([])
    },
  )
})

function blocksOf(section: string): string[] {
  return [...section.matchAll(/^```typescript\n(.*?)^```/gms)].map(([, code = '']) => code)
}
