// Every block of TypeScript in the documentation is compiled, run, and compared with what it says it prints.
// CONTRIBUTING.md tells how to write one.

import { afterAll, beforeAll, describe, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { type Block, expectedOutput, findBlocks } from './blocks.ts'
import { CompiledBlocks } from './run-blocks.ts'

// A process for each block of these pages, which show nothing that others do not, is for the long form.
const COMPILED_IN_THE_SHORT_FORM = /^docs\/how-to\/from-(?!asyncio)/
const blocks: Block[] = findBlocks().map((block) => {
  const isCompiledOnly = !longForm && block.mode === 'run' && COMPILED_IN_THE_SHORT_FORM.test(block.file)
  return isCompiledOnly ? { ...block, mode: 'no-run' } : block
})
let compiled: CompiledBlocks

beforeAll(async () => {
  compiled = await CompiledBlocks.compile(blocks)
}, 120_000)
afterAll(() => compiled.remove())

for (const file of new Set(blocks.map((block) => block.file))) {
  describe.concurrent(file, { timeout: 120_000 }, () => {
    for (const block of blocks.filter((block) => block.file === file)) {
      it(`${file}:${block.line} ${promiseOf(block)}`, async () => {
        const wrong = await compiled.verify(block)
        if (wrong !== undefined) throw new Error(`${block.file}:${block.line}\n${wrong}`)
      })
    }
  })
}

function promiseOf(block: Block): string {
  if (block.mode === 'fails-to-compile') return 'does not compile'
  if (block.mode === 'no-run') return 'compiles'
  return expectedOutput(block) === undefined ? 'compiles and runs' : 'compiles, runs and prints what it says'
}
