// What recording and drawing cost, and the Lab, as ratios within one run: `npm run bench seeing`, and `-- --lab` for
// the figures of the page, which take a Chromium. Each figure stands beside its limit.

import { readdirSync, readFileSync } from 'node:fs'
import { formatRecording, Recorder, type Recording, type Row, record, replay, toSVG } from '@spindle/inspect'
import { type Coroutine, type EventLoop, ensureFuture, newEventLoop, sleep } from 'spindle'
import { parseLesson } from '../../apps/lab/src/lessons/lesson.ts'
import { runProgram } from '../../apps/lab/src/sandbox/run-program.ts'
import type { RunResult } from '../../apps/lab/src/sandbox/run-request.ts'

const print = (what: string, figure: number, unit: string, limit: number): void => {
  const shown = `${figure < 10 ? figure.toFixed(2) : Math.round(figure)} ${unit}`
  const isOver = figure > limit
  console.log(`${what.padEnd(56)}${shown.padStart(12)}   ≤ ${limit} ${unit}${isOver ? '   over' : ''}`)
  if (isOver) process.exitCode = 1
}

/** The least CPU time of several rounds, in ms. */
function cpu(act: () => void, rounds = 5): number {
  let least = Number.POSITIVE_INFINITY
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage()
    act()
    const { user, system } = process.cpuUsage(start)
    least = Math.min(least, (user + system) / 1000)
  }
  return least
}

function* switching(): Coroutine<void> {
  for (let n = 0; n < 1000; n++) yield* sleep(0)
}

function* hundred(): Coroutine<void> {
  const tasks = Array.from({ length: 100 }, () => ensureFuture(switching()))
  for (const task of tasks) yield* task
}

function watched(observe: (loop: EventLoop) => void): void {
  const loop = newEventLoop()
  observe(loop)
  loop.runUntilCompleteSync(hundred())
  loop.close()
}

function listening(): void {
  const unobserved = cpu(() => watched(() => {}), 8)
  const rare = cpu(() => watched((loop) => loop.events.on('task:done', () => {})), 8)
  const each = cpu(() => watched((loop) => loop.events.on('task:step', () => {})), 8)
  const recorder = cpu(() => watched((loop) => record(loop)), 8)
  print('a listener of a rare event', rare / unobserved, '×', 1.2)
  print('a listener of task:step', each / unobserved, '×', 7)
  print('a recorder', recorder / unobserved, '×', 12)
}

function sizes(): void {
  const loop = newEventLoop()
  const recorder = new Recorder()
  recorder.watch(loop)
  loop.runUntilCompleteSync(hundred())
  loop.close()
  const recording = recorder.recording()
  print('an event in memory', recorder.bytes / recorder.length, 'bytes', 40)
  print('an event in a file', formatRecording(recording).length / recording.rows.length, 'bytes', 16)
}

function millionRows(): Recording {
  const rows: Row[] = [{ time: 0, kind: 'created', task: 1, parent: 0, name: 'main', line: 0 }]
  for (let task = 2; task <= 100; task++)
    rows.push({ time: 0, kind: 'created', task, parent: 1, name: 'worker', line: 0 })
  for (let n = 0; rows.length < 1_000_000; n++) {
    const task = 2 + (n % 99)
    rows.push({ time: n / 100, kind: 'step', task, by: 'value', from: 0 })
    rows.push({ time: n / 100, kind: 'suspended', task, label: 'sleep(1)', on: 0, positions: [] })
  }
  return { version: 1, rows }
}

function drawing(lessons: readonly Recording[]): void {
  print(
    'SVG of a lesson, the slowest',
    Math.max(...lessons.map((recording) => cpu(() => void toSVG(recording), 20))),
    'ms',
    2,
  )
  const recording = millionRows()
  print(
    'SVG of 10⁶ events',
    cpu(() => void toSVG(recording)),
    'ms',
    50,
  )
  print(
    'SVG of 10⁶ events, at their end',
    cpu(() => void toSVG(recording, { cursor: 999_999 })),
    'ms',
    50,
  )
  print('SVG of 10⁶ events', toSVG(recording, { cursor: 500_000 }).length / 1000, 'kB', 300)
  const run = replay(recording)
  let at = 1
  const seeks = 1000
  const seek = cpu(() => {
    for (let n = 0; n < seeks; n++) {
      at = (at * 48_271) % 1_000_000
      run.seek(at)
    }
  })
  print('seek in 10⁶ events', seek / seeks, 'ms', 1)
}

const folder = new URL('../../apps/lab/src/lessons/', import.meta.url)
const lessons = readdirSync(folder)
  .filter((name) => name.endsWith('.md'))
  .map((name) => parseLesson(name, readFileSync(new URL(name, folder), 'utf8')))
listening()
sizes()
// After that, as the Lab's runs watch each loop that is made from then on.
const recordings: Recording[] = []
for (const { program } of lessons) {
  const { recording } = await new Promise<RunResult>((resolve) =>
    runProgram({ source: program, schedule: [], seed: 1 }, resolve),
  )
  recordings.push(recording)
}
drawing(recordings)
if (process.argv.includes('--lab')) {
  const { measureLab } = await import('../../apps/lab/test/measure.ts')
  for (const [what, figure, unit, limit] of await measureLab(lessons)) print(what, figure, unit, limit)
}
