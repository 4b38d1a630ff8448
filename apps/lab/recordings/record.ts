// Records the programs of the instrument "Task | Thread": `npx tsx apps/lab/recordings/record.ts`. The Task and the
// promise run in the Lab, in virtual time, so their recordings are always the same. The thread runs on Node in real
// time, on the packages as they are published: a loader would make it start ten times as late. Its frames and looks do
// not depend on when the stop comes, so each variant is recorded for one stop. Of ten runs, the script keeps the one
// whose frames come earliest: other programs of the machine have disturbed it least. Use Node 24.

import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, packages } from '../../../scripts/build.mjs'
import { installBuilt } from '../../../test/tooling/built-packages.mjs'
import { MODES, type Mode, programText, STOPS } from '../src/instrument/programs.ts'
import type { LabRuns, Recorded, ThreadRun } from '../src/instrument/recorded.ts'
import { runProgram } from '../src/sandbox/run-program.ts'
import type { RunResult } from '../src/sandbox/run-request.ts'

/** The last stop is at 840 ms: by then, the recording of a thread has to know each look after it. */
const LATE = 1200

/** Runs a program at these moments of the stop, in the Lab. */
export async function recordInLab(kind: 'task' | 'promise', mode: Mode, stops = STOPS): Promise<LabRuns> {
  const runs: [asked: number, told: number | null, over: number | null][] = []
  let frames: number[] = []
  for (const stop of stops) {
    const { recording, failure } = await new Promise<RunResult>((resolve) =>
      runProgram({ source: programText(kind, stop, mode), schedule: [], seed: 1 }, resolve),
    )
    if (failure !== undefined) throw new Error(failure.message)
    const { rows } = recording
    const prints = rows.flatMap((row) => (row.kind === 'print' ? [row] : []))
    const request = rows.find((row) => row.kind === 'cancelling')
    const asked = request?.time ?? prints.find(({ text }) => text === 'stop')!.time
    const told = rows.find((row) => row.kind === 'step' && row.task === request?.task && row.by === 'cancel')
    const over = rows.find((row) => row.kind === 'done' && row.task === request?.task)
    runs.push([asked, told?.time ?? null, over?.time ?? null])
    frames = prints.flatMap(({ text, time }) => (text === 'stop' ? [] : [time]))
  }
  return { frames, runs }
}

/** Creates a folder with the built packages, for the programs of a thread. The caller deletes it. */
export function folderForThreads(): string {
  const folder = mkdtempSync(join(tmpdir(), 'spindle-instrument-'))
  mkdirSync(join(folder, 'node_modules'))
  installBuilt(folder)
  return folder
}

/** Runs a variant of the thread in real time. Kills a thread that never looks, five frames after the stop. */
export async function recordThread(folder: string, mode: Mode, stop: number = LATE): Promise<ThreadRun> {
  const file = join(folder, `${mode}-${stop}.mjs`)
  writeFileSync(file, programText('thread', stop, mode))
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) {
    text += chunk
    if (/^stop .*(?:\nframe .*){5}/m.test(text)) child.kill('SIGKILL')
  }
  const all = text
    .trim()
    .split('\n')
    .map((line) => line.split(' '))
  const notes = all.slice(all.findIndex(([name]) => name === 'begin'))
  const begin = Number(notes[0]?.[1])
  const times = (...names: readonly string[]): number[] =>
    notes.flatMap(([name = '', at]) => (names.includes(name) ? [Math.round(Number(at) - begin)] : []))
  return {
    frames: times('frame'),
    looks: times('look', 'look-set'),
    asked: times('stop')[0] ?? Number.NaN,
    told: times('told')[0] ?? null,
    over: times('over')[0] ?? null,
    joined: times('end')[0] ?? null,
  }
}

function lateness({ frames }: ThreadRun): number {
  return frames.slice(0, 4).reduce((sum, at) => sum + at, 0)
}

async function record(): Promise<Recorded> {
  for (const folder of packages()) await build(folder)
  const folder = folderForThreads()
  try {
    const threads: [Mode, ThreadRun][] = []
    for (const mode of MODES) {
      const runs: ThreadRun[] = []
      for (let n = 0; n < 10; n++) runs.push(await recordThread(folder, mode))
      threads.push([mode, runs.sort((a, b) => lateness(a) - lateness(b))[0]!])
    }
    return {
      node: process.version,
      task: { sleeps: await recordInLab('task', 'looks'), computes: await recordInLab('task', 'computes') },
      promise: { sleeps: await recordInLab('promise', 'looks'), computes: await recordInLab('promise', 'computes') },
      thread: Object.fromEntries(threads) as Record<Mode, ThreadRun>,
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL('task-thread.json', import.meta.url), `${JSON.stringify(await record())}\n`)
