import { describe, expect, it } from 'vitest'
import { newLoop } from '../new-loop.fixture.ts'
import { describeCallback } from './describe-callback.ts'

describe('describeCallback', () => {
  it('names a function and its place', () => {
    function spin(): void {}
    expect([describeCallback(spin), describeCallback(() => {})]).toEqual([
      expect.stringMatching(/^spin\(\) at packages\/loop\/src\/inspect\/describe-callback\.test\.ts:\d+$/),
      expect.stringMatching(/^<anonymous>\(\) at packages\/loop\/src\/inspect\/describe-callback\.test\.ts:\d+$/),
    ])
  })

  it('names a function without a location, because it is bound or built in', () => {
    const loop = newLoop()
    expect([describeCallback(loop.stop.bind(loop)), describeCallback(Math.max)]).toEqual([
      expect.stringMatching(/^bound stop\(\)/),
      'max()',
    ])
  })
})
