import { describe, expect, it } from 'vitest'
import { sleep } from '../index.ts'

describe('sleep', () => {
  it('blocks for the time it is given, and no shorter', () => {
    for (const ms of [0, 0.5, 1, 20, 33.3]) {
      const before = performance.now()
      sleep(ms)
      expect(performance.now() - before).toBeGreaterThanOrEqual(ms)
    }
  })

  it('refuses what time.sleep refuses', () => {
    expect(() => sleep(-1)).toThrow(new RangeError('sleep length must be non-negative'))
    expect(() => sleep(Number.NEGATIVE_INFINITY)).toThrow(new RangeError('sleep length must be non-negative'))
    expect(() => sleep(Number.NaN)).toThrow(new RangeError('Invalid value NaN (not a number)'))
    expect(() => sleep(Number.POSITIVE_INFINITY)).toThrow(new RangeError('sleep length must be finite'))
    expect(() => sleep('1' as never)).toThrow(new TypeError("sleep length must be a number of milliseconds, got '1'"))
    expect(() => sleep(undefined as never)).toThrow(TypeError)
  })
})
