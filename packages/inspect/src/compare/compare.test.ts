import { type Coroutine, createTask, gather, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { recordingOf } from '../recorder/recording-of.fixture.ts'
import type { Recording } from '../recording.ts'
import { diff } from './diff.ts'
import { taskPaths } from './task-paths.ts'

function* load(delay: number): Coroutine<void> {
  yield* sleep(delay)
}

const named = (delay: number, extra = false) =>
  function* main(): Coroutine<void> {
    if (extra) createTask(load(1), { name: 'extra' })
    const a = createTask(load(delay), { name: 'a' })
    yield* gather([a, load(2), load(3)])
  }

describe('taskPaths', () => {
  it('are the same in each run, even if the numbers differ', () => {
    expect([...taskPaths(recordingOf(named(5))).values()]).toEqual(['main', 'main/a', 'main/load', 'main/load:2'])
    const unnamed: Recording = {
      version: 1,
      rows: [7, 8, 9].map((task) => {
        return { time: 0, kind: 'created', task, parent: task === 7 ? 0 : 7, name: `Task-${task}`, line: 0 }
      }),
    }
    expect([...taskPaths(unnamed).values()]).toEqual(['1', '1/1', '1/2'])
  })
})

describe('diff', () => {
  it('finds nothing in two runs of one program', () => {
    expect(diff(recordingOf(named(5)), recordingOf(named(5)))).toBeUndefined()
  })

  it('names the first difference', () => {
    expect(diff(recordingOf(named(5)), recordingOf(named(4, true)))).toEqual({
      row: 2,
      a: '0 ms: main creates the Task main/a',
      b: '0 ms: main creates the Task main/extra',
    })
    expect(diff(recordingOf(named(5)), recordingOf(named(4)))).toMatchObject({
      a: '0 ms: main/a waits for sleep(5)',
      b: '0 ms: main/a waits for sleep(4)',
    })
  })

  it('reports when one of them ends', () => {
    const whole = recordingOf(named(5))
    const half = { ...whole, rows: whole.rows.slice(0, -1) }
    expect(diff(half, whole)).toEqual({ row: half.rows.length, a: 'the run is over', b: '5 ms: main returns' })
  })
})
