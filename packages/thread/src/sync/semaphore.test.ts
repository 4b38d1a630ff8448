import { describe, expect, it } from 'vitest'
import { BoundedSemaphore, Semaphore } from '../index.ts'

describe('Semaphore', () => {
  it('grants as many permits as it has', () => {
    const semaphore = new Semaphore(2)
    expect({
      first: semaphore.acquire(),
      second: semaphore.acquire({ timeout: 0 }),
      third: semaphore.acquire({ timeout: 5 }),
    }).toEqual({
      first: true,
      second: true,
      third: false,
    })
    expect(`${semaphore}`).toMatch(/^<Semaphore at 0x7f[0-9a-f]{10}: value=0>$/)
    semaphore.release(3)
    expect(`${semaphore}`).toMatch(/value=3>$/)
    {
      using _ = semaphore.hold()
      expect(`${semaphore}`).toMatch(/value=2>$/)
    }
    expect(`${semaphore}`).toMatch(/value=3>$/)
  })

  it('refuses numbers that make no sense', () => {
    expect(() => new Semaphore(-1)).toThrow(new RangeError('semaphore initial value must be >= 0, got -1'))
    expect(() => new Semaphore(1.5)).toThrow(TypeError)
    expect(() => new Semaphore(2 ** 31)).toThrow(
      new RangeError('semaphore initial value must be < 2 ** 31, got 2147483648'),
    )
    expect(new Semaphore(2 ** 31 - 1).acquire({ timeout: 0 })).toBe(true)
    expect(() => new Semaphore().release(0)).toThrow(new RangeError('n must be one or more, got 0'))
    expect(() => new Semaphore().acquire({ timeout: -1 })).toThrow(RangeError)
  })
})

describe('BoundedSemaphore', () => {
  it('accepts at most the permits that it granted', () => {
    const semaphore = new BoundedSemaphore(2)
    semaphore.acquire()
    expect(() => semaphore.release(2)).toThrow(new RangeError('Semaphore released too many times'))
    semaphore.release()
    expect(`${semaphore}`).toMatch(/^<BoundedSemaphore at 0x7f[0-9a-f]{10}: value=2\/2>$/)
  })
})
