import { describe, expect, it } from 'vitest'
import { Barrier, BrokenBarrierError } from '../index.ts'

describe('Barrier', () => {
  it('is passed at once by one, if that is all of them', () => {
    const barrier = new Barrier(1)
    expect([barrier.wait(), barrier.wait(), barrier.parties, barrier.nWaiting]).toEqual([0, 0, 1, 0])
  })

  it('is broken when it times out, until it is reset', () => {
    const barrier = new Barrier(2, { timeout: 5 })
    expect(() => barrier.wait()).toThrow(BrokenBarrierError)
    expect(() => barrier.wait({ timeout: 10_000 })).toThrow(BrokenBarrierError)
    barrier.reset()
    expect({ broken: barrier.broken, printed: `${barrier}`.endsWith('waiters=0/2>') }).toEqual({
      broken: false,
      printed: true,
    })
  })

  it('refuses fewer than one', () => {
    expect(() => new Barrier(0)).toThrow(new RangeError('parties must be >= 1, got 0'))
    expect(() => new Barrier(1.5)).toThrow(TypeError)
    expect(() => new Barrier(1, { timeout: Number.NaN })).toThrow(RangeError)
  })
})
