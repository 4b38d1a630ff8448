// Makes the recordings of lesson 5: `npx tsx apps/lab/recordings/record.ts`. asyncio runs in CPython, in virtual time,
// so its recording is always the same. A thread and the job of an executor run in real time.

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { formatRecording, type Row } from '@spindle/inspect'
import { loadPyodide } from 'pyodide'

const folder = fileURLToPath(new URL('.', import.meta.url))
const LESSON = '../src/lessons/05-four-spinners.md'

/** Runs the Python program of the lesson in CPython. */
export async function recordAsyncio(): Promise<string> {
  const python = await loadPyodide()
  python.runPython(readFileSync(join(folder, 'record_asyncio.py'), 'utf8'))
  python.globals['set']('lesson', readFileSync(join(folder, LESSON), 'utf8'))
  // In there, the host's own loop is running, and asyncio refuses to run another one at the same time.
  python.runPython('hosts_loop = asyncio.events._get_running_loop(); asyncio.events._set_running_loop(None)')
  try {
    return python.runPython('record(program_of(lesson))')
  } finally {
    python.runPython('asyncio.events._set_running_loop(hosts_loop)')
  }
}

export function recordThreads(name: 'thread' | 'executor'): string {
  const directory = mkdtempSync(join(tmpdir(), 'spindle-notes-'))
  const notes = join(directory, 'notes')
  try {
    execFileSync(process.execPath, ['--import', 'tsx', join(folder, `${name}.ts`), notes], { cwd: folder })
    const rows = readFileSync(notes, 'utf8').trim().split('\n')
    return formatRecording({ version: 1, rows: fromZero(rows.map((row) => JSON.parse(row) as Row)) })
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Times in µs from the first one. The clocks of two threads may differ by some µs, but time never goes back. */
function fromZero(rows: readonly Row[]): Row[] {
  let latest = 0
  return rows.map((row) => {
    latest = Math.max(latest, Math.round((row.time - rows[0]!.time) * 1000) / 1000)
    return { ...row, time: latest }
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(folder, 'asyncio.jsonl'), await recordAsyncio())
  for (const name of ['thread', 'executor'] as const) writeFileSync(join(folder, `${name}.jsonl`), recordThreads(name))
}
