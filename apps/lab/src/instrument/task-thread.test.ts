import { rmSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { longForm } from '../../../../test/tooling/long-form.ts'
import { folderForThreads, recordInLab, recordThread } from '../../recordings/record.ts'
import recorded from '../../recordings/task-thread.json' with { type: 'json' }
import { drawCourse } from './draw-course.ts'
import { POINTS, type Point } from './points.ts'
import { KINDS, MODES, STOPS } from './programs.ts'
import { coursesAt } from './recorded.ts'
import { sentenceOf } from './sentence.ts'
import { settingsOf } from './settings.ts'

const SOME = longForm ? STOPS : STOPS.filter((_, n) => n % 13 === 0)

describe('the recordings of the instrument, made again', () => {
  const folder = folderForThreads()
  afterAll(() => rmSync(folder, { recursive: true }))

  it.each(['task', 'promise'] as const)('are the same for a %s, which runs in virtual time', async (kind) => {
    for (const variant of ['sleeps', 'computes'] as const) {
      const { runs } = await recordInLab(kind, variant === 'sleeps' ? 'looks' : 'computes', SOME)
      expect(runs).toEqual(SOME.map((stop) => recorded[kind][variant].runs[STOPS.indexOf(stop)]))
    }
  })

  // Its times depend on the machine, but not their order.
  it('show that a thread notices the stop where the page says so', async () => {
    const again = await Promise.all(MODES.map(async (mode) => ({ mode, run: await recordThread(folder, mode, 230) })))
    for (const { mode, run } of [...again, ...MODES.map((mode) => ({ mode, run: recorded.thread[mode] }))]) {
      const { frames, looks, asked, told, over, joined } = run
      const before = looks.filter((at) => at < asked)
      if (mode === 'never') {
        expect({ looks, told, over, joined }).toEqual({ looks: [], told: null, over: null, joined: null })
        expect(frames.at(-1)).toBeGreaterThan(asked)
      } else {
        // It looks once after the stop, or twice if it looks just as the Event is being set.
        expect(looks.length - before.length).toBeLessThanOrEqual(2)
        expect(looks.at(-1)!).toBeGreaterThanOrEqual(asked)
        expect(told).toBeGreaterThanOrEqual(looks.at(-1)!)
        expect(over).toBeGreaterThan(told!)
        expect(joined).toBeGreaterThanOrEqual(over!)
        expect(frames.length).toBe(looks.length)
      }
    }
  })
})

describe('the instrument', () => {
  const all = STOPS.flatMap((stop) => MODES.map((mode) => ({ stop, mode, ...coursesAt(stop, mode) })))

  it('says of the Task what its run at that stop was', () => {
    for (const { stop, mode, task } of all) {
      const [asked, told, over] = recorded.task[mode === 'computes' ? 'computes' : 'sleeps'].runs[STOPS.indexOf(stop)]!
      expect(task).toMatchObject({ asked, told, over })
      expect(sentenceOf('task', task, stop, mode).says).toBe(`Over ${over! - stop} ms later.`)
    }
  })

  it('lets the thread end at its first look after the stop, at once if it waits for the Event, or never', () => {
    for (const { stop, mode, thread } of all) {
      const { says } = sentenceOf('thread', thread, stop, mode)
      const { looks, told, asked, over, frames } = recorded.thread[mode]
      const notices = mode === 'event' ? Math.max(stop, frames[0]!) + told! - asked : looks.find((at) => at >= stop)
      const wipes = over! - told!
      expect(says).toBe(mode === 'never' ? 'Never over.' : `Over ${notices! + wipes - stop} ms later.`)
      expect(thread.frames.every((at) => at <= thread.told)).toBe(true)
    }
  })

  it('draws whatever happens within its picture, in each width', () => {
    for (const { stop, mode, ...courses } of all.filter((_, n) => n % 3 === 0))
      for (const kind of KINDS)
        for (const [width, left] of [
          [1045, 118],
          [300, 98],
        ] as const) {
          const scale = { width, left, unit: (width - left - 26) / 1000, isNarrow: width < 600 }
          const point = (Object.keys(POINTS) as Point[])[(stop / 10) % 8]
          const svg = drawCourse({ kind, course: courses[kind], stop, mode, point }, scale, 'x')
          expect(svg).not.toMatch(/NaN|Infinity|undefined/)
          for (const [, x = '', wide = ''] of svg.matchAll(/<rect x="([\d.]+)" y="\S+" width="([\d.]+)"/g))
            expect(Number(x) + Number(wide)).toBeLessThanOrEqual(width)
        }
  })

  it('begins as its address says, and as usual where that makes no sense', () => {
    const usual = { stop: 360, thread: 'looks', point: undefined, promise: false }
    expect(settingsOf('')).toEqual(usual)
    for (const nonsense of ['?stop=1e9', '?stop=<b>', '?stop=54', '?thread=toString', '?point=constructor', '?stop'])
      expect(settingsOf(nonsense)).toEqual(usual)
    const other = { stop: 520, thread: 'never', point: 'told', promise: true }
    expect(settingsOf('?stop=518&thread=never&point=told&promise')).toEqual(other)
  })
})
