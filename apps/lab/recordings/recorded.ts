// Threads and executors that note what they do, for record.ts. Each note is a line of a file, written at once, so that
// their order is that of the run. The main thread is the Task 1, the other one the Task 2.

import { appendFileSync } from 'node:fs'
import { isMainThread } from 'node:worker_threads'
import type { Row } from '@spindle/inspect'
import * as threads from 'spindle/thread'

const task = isMainThread ? 1 : 2
const path = process.argv[2]

type WithoutTime<R> = R extends unknown ? Omit<R, 'time'> : never

function note(row: WithoutTime<Row>): void {
  if (path === undefined) return
  const time = performance.timeOrigin + performance.now()
  appendFileSync(path, `${JSON.stringify({ time, ...row })}\n`)
}

/** The current line of the program that called one of the functions below. */
function here(): { readonly function: string; readonly line: number } {
  const frames = (new Error().stack ?? '').split('\n').filter((line) => /\/(thread|executor)\.ts:\d+/.test(line))
  const [, name = '', line = '0'] = /at (?:(\w+) )?.*\.ts:(\d+)/.exec(frames[0] ?? '') ?? []
  return { function: name, line: Number(line) }
}

function waiting<T>(label: string, on: number, wait: () => T): T {
  note({ kind: 'suspended', task, label, on, positions: [here()] })
  const result = wait()
  note({ kind: 'step', task, by: 'value', from: on })
  return result
}

export function begin(): void {
  note({ kind: 'created', task: 1, parent: 0, name: 'main', line: here().line })
  note({ kind: 'step', task: 1, by: 'start', from: 0 })
}

export function end(): void {
  note({ kind: 'done', task: 1, outcome: 'returned', error: '', from: 0 })
}

export function print(text: string): void {
  note({ kind: 'print', task, text, stream: 'out' })
}

export function sleep(ms: number): void {
  waiting(`sleep(${ms})`, 0, () => threads.threading.sleep(ms))
}

export function waitFor(event: threads.threading.Event): void {
  waiting('Event.wait()', 0, () => event.wait())
}

function beginOther(): void {
  note({ kind: 'created', task: 2, parent: 1, name: 'spinner', line: here().line })
}

function waitForOther(wait: () => unknown): void {
  waiting('', 2, () => {
    wait()
    note({ kind: 'done', task: 2, outcome: 'returned', error: '', from: 0 })
  })
}

export class Thread extends threads.Thread {
  override start(): void {
    beginOther()
    super.start()
  }

  override join(): void {
    waitForOther(() => super.join())
  }
}

export class Job {
  readonly #future: { cancel(): boolean; result(): unknown }

  constructor(submit: () => { cancel(): boolean; result(): unknown }) {
    beginOther()
    this.#future = submit()
  }

  cancel(): boolean {
    const by = { by: 1, source: 'task', via: 0, message: '', count: 1, canceller: '', deadline: 0 } as const
    note({ kind: 'cancelling', task: 2, ...by, line: here().line })
    return this.#future.cancel()
  }

  result(): void {
    waitForOther(() => this.#future.result())
  }
}

if (!isMainThread) note({ kind: 'step', task: 2, by: 'start', from: 0 })
