import { describe, expect, it } from 'vitest'
import { Slots } from './slots.ts'

describe('Slots', () => {
  it('finds its entries by number', () => {
    const slots = new Slots<string>(2)
    slots.put(slots.free, 7, 'seven')
    slots.put(slots.free, 8, 'eight')
    expect([slots.get(7), slots.get(8), slots.get(9), slots.size, slots.free]).toEqual([
      'seven',
      'eight',
      undefined,
      2,
      -1,
    ])
    expect({ isFull: slots.isFull }).toEqual({ isFull: true })
  })

  it('has a slot again for each number that is deleted, once', () => {
    const slots = new Slots<string>(2)
    slots.put(0, 7, 'seven')
    slots.put(1, 8, 'eight')
    const before = slots.items()
    slots.delete(7)
    slots.delete(7)
    expect([slots.free, slots.size, slots.get(7), slots.items(), before]).toEqual([
      0,
      1,
      undefined,
      ['eight'],
      ['seven', 'eight'],
    ])
    slots.clear()
    expect([slots.size, slots.items(), slots.free]).toEqual([0, [], 0])
  })
})
