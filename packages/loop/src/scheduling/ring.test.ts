import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Ring } from './ring.ts'

function drain<T>(ring: Ring<T>): T[] {
  const items: T[] = []
  while (ring.length > 0) items.push(ring.get())
  return items
}

describe('Ring', () => {
  it('returns items in the order they were added', () => {
    const ring = new Ring<string>()
    for (const name of ['a', 'b', 'c']) ring.put(name)
    expect({ items: [...ring], length: ring.length, first: ring.first }).toEqual({
      items: ['a', 'b', 'c'],
      length: 3,
      first: 'a',
    })
    expect({ taken: drain(ring), length: ring.length, first: ring.first }).toEqual({
      taken: ['a', 'b', 'c'],
      length: 0,
      first: undefined,
    })
  })

  it('behaves like an array for random puts and gets, where it wraps round and where it grows', () => {
    const moves = fc.array(fc.record({ what: fc.constantFrom('put', 'putBack', 'get'), times: fc.nat(70) }), {
      maxLength: 40,
    })
    fc.assert(
      fc.property(moves, fc.constantFrom(1, 4, 64), (all, size) => {
        const ring = new Ring<number>(size)
        const model: number[] = []
        let added = 0
        for (const { what, times } of all) {
          for (let n = 0; n < times; n++) {
            if (what === 'get') {
              if (model.length > 0) expect(ring.get()).toBe(model.shift())
              continue
            }
            added++
            if (what === 'put') {
              ring.put(added)
              model.push(added)
            } else {
              ring.putBack(added)
              model.unshift(added)
            }
          }
          expect({ items: [...ring], length: ring.length, first: ring.first }).toEqual({
            items: model,
            length: model.length,
            first: model[0],
          })
        }
      }),
      { numRuns: 100 },
    )
  })

  it('is empty after clear(), and can be used again', () => {
    const ring = new Ring<string>()
    for (let n = 0; n < 100; n++) ring.put('gone')
    ring.clear()
    const { length } = ring
    ring.put('new')
    expect({ length, items: drain(ring) }).toEqual({ length: 0, items: ['new'] })
  })
})
