import { beforeAll, describe, expect, it } from 'vitest'
import { frameAt, type HomeFrame } from './frame.ts'
import { LAST_MOMENT } from './programs.ts'

// The durations of the steps, in both programs.
const CREATE = 20
const RENDER = CREATE + 48
const UPLOAD = CREATE + 50
const INDEX = UPLOAD + 30
const REMOVE = 12
const HANG_UP = 6

const moments = Array.from({ length: LAST_MOMENT - 1 }, (_, n) => n + 2)

describe('the first page, at each moment of the cancel', () => {
  const frames: HomeFrame[] = []
  beforeAll(async () => {
    for (const at of moments) frames.push(await frameAt(at, 720))
  }, 60_000)

  it('says of Spindle when all of it had stopped', () => {
    for (const { at, spindle } of frames) {
      const takes = at <= CREATE ? 0 : (at < UPLOAD ? HANG_UP : 0) + REMOVE
      const says = `All of it had stopped ${takes === 0 ? 'at once' : `${takes} ms later`}.`
      expect([at, spindle.says, spindle.isRight]).toEqual([at, says, true])
    }
  })

  it('says of promises whether something runs on, and until when', () => {
    for (const { at, promises } of frames) {
      const told = Math.max(at, CREATE) + HANG_UP + REMOVE
      const says =
        at > UPLOAD
          ? 'Nothing stopped.'
          : told < RENDER
            ? `“AbortError” at ${told} ms, but it still runs.`
            : at <= RENDER
              ? 'It looks right, by luck.'
              : 'Here it is right, too.'
      expect([at, promises.says]).toEqual([at, says])
      if (told < RENDER) expect(promises.because).toContain(`${RENDER - told} ms more`)
      if (at > UPLOAD) expect(promises.because).toContain(`At ${INDEX + REMOVE} ms`)
      expect(promises.svg.includes('class="orphan"')).toBe(told < RENDER)
    }
  })

  it('draws both on the same axis, from the same runs each time', async () => {
    const [one, again] = [frames[32]!, await frameAt(34, 720)]
    expect(again).toEqual(one)
    const lastOf = (svg: string): number[] => [...svg.matchAll(/x="([\d.]+)"[^>]*>34 ms</g)].map(([, x]) => Number(x))
    expect(lastOf(one.spindle.svg)).toEqual(lastOf(one.promises.svg))
    expect(lastOf(one.spindle.svg)[0]).toBeCloseTo(one.left + 34 * one.scale, 0)
  })

  it('marks the line where the cancel arrives, and the Tasks that never receive it', () => {
    const linesOf = (at: number): unknown => {
      const { spindle, promises } = frames[at - 2]!
      return [spindle.hit, promises.hit, promises.deaf]
    }
    expect(linesOf(10)).toEqual([[2], [5], [2]])
    expect(linesOf(34)).toEqual([[4], [5], [6]])
    expect(linesOf(80)).toEqual([[8], [], [8]])
  })
})
