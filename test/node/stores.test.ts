import { expect, it } from 'vitest'
import { runExample } from '../tooling/run-example.ts'

it.each([[[]], [['--blocking']], [['--late']], [['--late', '--blocking']], [['--late', '--woken']]])(
  'the first Tasks to use AsyncLocalStorage have their own %j',
  async (args) => {
    const { stdout, stderr } = await runExample('test/node/programs/stores.fixture.ts', { args })
    expect({ stdout, stderr }).toEqual({ stdout: 'right\n', stderr: '' })
  },
)
