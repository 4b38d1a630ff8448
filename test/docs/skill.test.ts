// Each program of the skill compiles, and the lint rules report nothing in it: whoever writes programs like these makes
// none of the usual mistakes.

import { rmSync } from 'node:fs'
import { expect, it } from 'vitest'
import { lint, writePrograms } from '../../packages/eslint-plugin/src/typed-eslint.fixture.ts'
import { skill } from '../../scripts/skill.mjs'
import { longForm } from '../tooling/long-form.ts'
import { blocksOf } from './blocks.ts'
import { CompiledBlocks } from './run-blocks.ts'

const text = skill()
const blocks = blocksOf('SKILL.md', text)

it('the skill names what an agent looks for, and no page of this repository by a relative link', () => {
  expect(text).toMatch(/^---\nname: spindle\ndescription: \w/)
  expect(text.match(/\]\((?!https:)/g)).toBeNull()
  for (const part of ['`pg`', 'no-floating-coroutine', '| `graceTime` | ms |', 'await explore(', 'runMain'])
    expect({ part, isThere: text.includes(part) }).toEqual({ part, isThere: true })
})

it('each program of the skill imports what it uses', () => {
  expect(blocks.length).toBeGreaterThan(5)
  expect(blocks.filter(({ code }) => !/^import /m.test(code))).toEqual([])
})

// The short form does so with the pages that they are taken from.
it.runIf(longForm)(
  'the programs of the skill compile, run, and pass the lint rules',
  { timeout: 300_000 },
  async () => {
    const compiled = await CompiledBlocks.compile(blocks)
    const { folder } = writePrograms(
      'skill',
      blocks.map(({ code }) => code),
    )
    try {
      const wrong = await Promise.all(blocks.map((block) => compiled.verify(block)))
      expect(wrong.filter((each) => each !== undefined)).toEqual([])
      const reported = await lint(folder, ['*.ts'], 'recommended')
      expect([...reported].filter(([, each]) => each.length > 0)).toEqual([])
    } finally {
      compiled.remove()
      rmSync(folder, { recursive: true, force: true })
    }
  },
)
