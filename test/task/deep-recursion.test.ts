import { describe, expect, it } from 'vitest'
import { runExample } from '../tooling/run-example.ts'

describe('A `yield*` that nests too deeply for the stack', () => {
  it('ends with the error of the engine, which names coroutine()', async () => {
    const { stdout, stderr } = await runExample('test/task/deep-recursion.fixture.ts')
    const remedy = 'If `yield*` nests deeply, wrap the coroutine function in `coroutine()`, which needs no stack'
    expect({ stdout, stderr }).toEqual({
      stdout: `RangeError: Maximum call stack size exceeded. ${remedy}\n`,
      stderr: '',
    })
  })
})
