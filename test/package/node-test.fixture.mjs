// Run by `node --test`: uses functions of another module and of this one.
import assert from 'node:assert'
import test, { after, before, describe, mock } from 'node:test'
import { ProcessPoolExecutor, ThreadPoolExecutor, workerModule } from 'spindle/thread'
import { square } from './threads.fixture.mjs'

const none = mock.fn()

/** @param {number} n */
export function triple(n) {
  return 3 * n
}

for (const Executor of [ThreadPoolExecutor, ProcessPoolExecutor]) {
  describe(Executor.name, () => {
    /** @type {import('spindle/thread').Executor} */
    let executor
    before(() => {
      executor = new Executor(1)
    })
    after(() => executor.shutdown())

    test('functions of another module', async () => {
      assert.equal(executor.submit(square, 2).result(), 4)
      /** @type {ReturnType<typeof workerModule<typeof import('./threads.fixture.mjs')>>} */
      const work = workerModule(new URL('./threads.fixture.mjs', import.meta.url))
      assert.equal(await executor.submit(work.square, 3), 9)
    })

    test('functions of its own', async () => {
      assert.equal(executor.submit(triple, 2).result(), 6)
      assert.equal(await executor.submit(triple, 3), 9)
      assert.equal(none.mock.callCount(), 0)
    })
  })
}
