import { createReadStream, type ReadStream } from 'node:fs'
import type { Coroutine } from '@spindle/loop'
import { createTask, forEach, iterate, run, sleep, wait } from '@spindle/task'
import { describe, expect, it } from 'vitest'

describe('a stream of Node that was never read', () => {
  function* stopsEarly(stream: ReadStream, how: string): Coroutine<void> {
    const items = iterate(stream)
    if (how === 'close') yield* items.close()
    else items[Symbol.dispose]()
  }

  it.each(['close', 'dispose'])('is closed with its items: %s', async (how) => {
    const stream = createReadStream('package.json')
    await run(stopsEarly(stream, how))
    expect(stream.destroyed).toBe(true)
  })

  it('is closed if the Task was cancelled while it was opened', async () => {
    const stream = createReadStream('package.json')
    async function open(): Promise<ReadStream> {
      await new Promise((resolve) => setTimeout(resolve, 5))
      return stream
    }
    function* main(): Coroutine<boolean> {
      const task = createTask(forEach(open, () => sleep(0)))
      yield* sleep(1)
      task.cancel()
      yield* wait([task])
      return task.cancelled()
    }
    expect(await run(main())).toBe(true)
    expect(stream.destroyed).toBe(true)
  })

  it('is told from another source, whose destroy() may mean more', async () => {
    let isDestroyed = false
    const store = {
      async *[Symbol.asyncIterator](): AsyncGenerator<number> {},
      destroy(): void {
        isDestroyed = true
      },
    }
    function* main(): Coroutine<void> {
      yield* iterate(store).close()
    }
    await run(main())
    expect({ isDestroyed }).toEqual({ isDestroyed: false })
  })
})
