import { createReadStream, type ReadStream } from 'node:fs'
import { Readable, type ReadableOptions } from 'node:stream'
import type { Coroutine } from '@spindle/loop'
import { createTask, forEach, iterate, run, sleep, wait } from '@spindle/task'
import { describe, expect, it } from 'vitest'

describe('a stream of Node that is left early', () => {
  /** A stream whose file, so to speak, takes 5 ms to close. */
  function slow(options: ReadableOptions = {}): Readable & { log: string[] } {
    const log: string[] = []
    const stream = new Readable({
      objectMode: true,
      read: () => stream.push('item'),
      destroy: (error, callback) =>
        setTimeout(() => {
          log.push('closed')
          callback(error)
        }, 5),
      ...options,
    })
    return Object.assign(stream, { log })
  }

  it.each(['false', 'an error', 'a cancel', 'close'])('is closed when the caller continues, after %s', async (how) => {
    const stream = slow()
    function* left(): Coroutine<void> {
      if (how === 'close') {
        const items = iterate(stream)
        yield* items.next()
        return yield* items.close()
      }
      yield* forEach(
        () => stream,
        function* () {
          if (how === 'an error') throw new Error('block')
          if (how === 'false') return false
          yield* sleep(1000)
          return true
        },
      )
    }
    function* main(): Coroutine<void> {
      const task = createTask(left())
      yield* sleep(5)
      if (how === 'a cancel') task.cancel()
      yield* wait([task])
      if (!task.cancelled()) task.exception()
      stream.log.push('continues')
    }
    await run(main())
    expect(stream.log).toEqual(['closed', 'continues'])
  })

  it('is not waited for if it does not emit that it is closed', async () => {
    const stream = slow({ emitClose: false })
    function* main(): Coroutine<void> {
      yield* forEach(
        () => stream,
        function* () {
          return false
        },
      )
      stream.log.push('continues')
    }
    await run(main())
    expect(stream.log).toEqual(['continues'])
  })
})

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
