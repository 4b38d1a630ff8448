import { expect, it } from 'vitest'
import { runExample } from '../tooling/run-example.ts'

it('a process whose Tasks are the first to use AsyncLocalStorage keeps the stores of each apart', async () => {
  const { stdout, stderr } = await runExample('test/node/programs/stores.fixture.ts')
  expect({ stdout, stderr }).toEqual({ stdout: 'right\n', stderr: '' })
})
