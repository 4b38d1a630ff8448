import { RuntimeError } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { Lock, RLock } from '../index.ts'

describe('Lock', () => {
  it('is taken once, and printed with its state', () => {
    const lock = new Lock()
    expect(`${lock}`).toMatch(/^<unlocked Lock object at 0x7f[0-9a-f]{10}>$/)
    expect({
      first: lock.acquire(),
      'at once': lock.acquire({ timeout: 0 }),
      'in 5 ms': lock.acquire({ timeout: 5 }),
    }).toEqual({
      first: true,
      'at once': false,
      'in 5 ms': false,
    })
    expect(lock.locked()).toBe(true)
    expect(`${lock}`).toMatch(/^<locked Lock/)
    lock.release()
    expect(() => lock.release()).toThrow(new RuntimeError('release unlocked lock'))
  })

  it('is released at the end of a block, also when that throws', () => {
    const lock = new Lock()
    expect(() => {
      using _ = lock.hold()
      expect(lock.locked()).toBe(true)
      throw new Error('in the block')
    }).toThrow('in the block')
    expect(lock.locked()).toBe(false)
  })

  it('refuses a timeout below 0, and a timeout that is not a number', () => {
    expect(() => new Lock().acquire({ timeout: -1 })).toThrow(
      new RangeError('timeout value must be a non-negative number'),
    )
    expect(() => new Lock().acquire(100 as never)).toThrow(
      new TypeError('the options of Lock.acquire() must be an object, got 100. It has `timeout`'),
    )
    expect(() => new Lock().acquire({ timeout: Number.NaN })).toThrow(RangeError)
    expect(() => new Lock().acquire(true as never)).toThrow(TypeError)
  })
})

describe('RLock', () => {
  it('is free when it was released as often as it was taken', () => {
    const lock = new RLock()
    expect(`${lock}`).toMatch(/^<unlocked RLock object owner=0 count=0 at 0x7f[0-9a-f]{10}>$/)
    expect({ first: lock.acquire(), again: lock.acquire({ timeout: 0 }), 'once more': lock.acquire() }).toEqual({
      first: true,
      again: true,
      'once more': true,
    })
    expect(`${lock}`).toMatch(/^<locked RLock object owner=\d+ count=3 at/)
    lock.release()
    lock.release()
    expect(lock.locked()).toBe(true)
    lock.release()
    expect(lock.locked()).toBe(false)
    expect(() => lock.release()).toThrow(new RuntimeError('cannot release un-acquired lock'))
    lock.acquire()
    expect(() => lock.acquire(100 as never)).toThrow('the options of RLock.acquire() must be an object, got 100')
  })
})
