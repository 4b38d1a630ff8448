// Programs that are right as long as no wait takes a thousand times as long as written.

import { describe, expect, it } from 'vitest'
import { explore } from '../explore.ts'

const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

const programs: Record<string, () => Promise<void>> = {
  async 'keeps an answer for 100 s'() {
    let loads = 0
    let has = false
    const get = async (): Promise<void> => {
      if (has) return
      loads++
      await wait(10)
      has = true
      setTimeout(() => (has = false), 100_000).unref()
    }
    await get()
    await wait(30)
    await get()
    if (loads !== 1) throw new Error(`${loads} loads`)
  },
  async 'has a watchdog of 60 s'() {
    const dog = setTimeout(() => {
      throw new Error('too slow')
    }, 60_000)
    await wait(5)
    clearTimeout(dog)
  },
  async 'waits for 200 ms, then looks'() {
    let isClosed = false
    setTimeout(() => (isClosed = true), 4)
    await wait(200)
    if (!isClosed) throw new Error('not closed')
  },
  async 'polls for a second'() {
    let isOk = false
    setTimeout(() => (isOk = true), 10)
    for (const end = Date.now() + 1_000; !isOk; ) {
      if (Date.now() > end) throw new Error('not yet')
      await wait(50)
    }
  },
}

describe('A wait that takes far longer than written', () => {
  it.each(Object.entries(programs))('is no failure of a program that %s', async (_, program) => {
    await explore(program)
  })

  it('is told, with the line to replay it', async () => {
    const { unlikely = '' } = await explore(programs['has a watchdog of 60 s'] as () => Promise<void>)
    expect(unlikely).toContain('too slow')
    expect(unlikely).toContain("replay: 'main#1.2 takes 60001'")
  })

  it("is a failure with times: 'any'", async () => {
    await expect(explore(programs['has a watchdog of 60 s'] as never, { times: 'any' })).rejects.toThrow('too slow')
  })
})
