import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Ready, ReadyQueue } from './ready-queue.ts'

function ready(name: string): Ready & { readonly name: string } {
  return { name, run() {} }
}

function drain(queue: ReadyQueue): string[] {
  const names: string[] = []
  while (queue.length > 0) names.push((queue.shift() as ReturnType<typeof ready>).name)
  return names
}

describe('ReadyQueue', () => {
  it('returns entries in the order they were added', () => {
    const queue = new ReadyQueue()
    for (const name of ['a', 'b', 'c']) queue.push(ready(name))
    expect([queue.length, drain(queue), queue.length]).toEqual([3, ['a', 'b', 'c'], 0])
  })

  it('keeps the order where its ring wraps round', () => {
    const queue = new ReadyQueue()
    const seen: string[] = []
    // Three in the queue at any time, a hundred in all: the ring of 64 comes round.
    for (let n = 0; n < 100; n++) {
      queue.push(ready(`${n}`))
      if (queue.length > 3) seen.push((queue.shift() as ReturnType<typeof ready>).name)
    }
    expect([...seen, ...drain(queue)]).toEqual(Array.from({ length: 100 }, (_, n) => `${n}`))
  })

  it('keeps the order when it grows while its head is in the middle of the ring', () => {
    const queue = new ReadyQueue()
    for (let n = 0; n < 40; n++) queue.push(ready('early'))
    for (let n = 0; n < 40; n++) queue.shift()
    const names = Array.from({ length: 1000 }, (_, n) => `${n}`)
    for (const name of names) queue.push(ready(name))
    expect([queue.length, drain(queue)]).toEqual([1000, names])
  })

  it('behaves like an array for random pushes and shifts', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -90, max: 90 }), { maxLength: 60 }), (moves) => {
        const queue = new ReadyQueue()
        const model: Ready[] = []
        const pairs: [Ready | undefined, Ready | undefined][] = []
        let pushed = 0
        for (const move of moves) {
          for (let n = 0; n < move; n++) {
            const item = ready(`${pushed++}`)
            queue.push(item)
            model.push(item)
          }
          for (let n = move; n < 0 && model.length > 0; n++) pairs.push([queue.shift(), model.shift()])
          expect(queue.length).toBe(model.length)
        }
        while (model.length > 0) pairs.push([queue.shift(), model.shift()])
        expect(pairs.every(([mine, theirs]) => mine === theirs)).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  it('is empty after clear(), and can be used again', () => {
    const queue = new ReadyQueue()
    for (let n = 0; n < 100; n++) queue.push(ready('gone'))
    queue.clear()
    const length = queue.length
    queue.push(ready('new'))
    expect([length, drain(queue)]).toEqual([0, ['new']])
  })
})
