// The gallery: twelve bugs that programs with coroutines are known for. Each is named from its run, without stepping.

import { readFileSync } from 'node:fs'
import { diagnose, draw, type Recording, summary } from '@spindle/inspect'
import { describe, expect, it } from 'vitest'
import { runProgram } from '../sandbox/run-program.ts'
import type { RunRequest, RunResult } from '../sandbox/run-request.ts'

const SAYS: Readonly<Record<string, string>> = {
  'two-locks':
    'deadlock: transfer waits for Lock 2, held by audit; audit waits for Lock 1, held by transfer: none of them can continue',
  'lock-twice': 'deadlock: main waits for Lock 1, which it holds itself: it never can continue',
  'await-each-other': 'deadlock: ping waits for pong; pong waits for ping: none of them can continue',
  'never-released': 'stuck: main waits for Lock 1, held by careless, which ended without releasing it',
  'full-queue': 'stuck: main waits for room in Queue 1, which holds 2, and no Task is left that takes one',
  'never-told': 'stuck: reader 1 and reader 2 wait for an item of Queue 1, and no Task is left that puts one',
  'task-done': 'stuck: main waits for the end of Queue 1: all items were taken, and taskDone() is missing for some',
  'early-notify': 'stuck: main waits for Condition 1, and no Task is left that wakes it',
  'swallowed-cancel':
    'swallowed cancel: poll swallowed the cancellation: it continued as if nothing had been requested',
  'blocked-loop': 'blocked loop: report keeps the loop for 150 ms, from 10 ms on: heartbeat is late',
  'lost-error': 'lost error: Nothing received the exception of save',
}

function result(name: string, request: Partial<RunRequest> = {}): Promise<RunResult> {
  const source = readFileSync(new URL(`${name}.ts`, import.meta.url), 'utf8')
  return new Promise((resolve) => runProgram({ source, schedule: [], seed: 1, ...request }, resolve))
}

function said(recording: Recording): string[] {
  return diagnose(recording).map(({ kind, text }) => `${kind}: ${text}`)
}

describe('of the famous bugs', () => {
  it.each(Object.entries(SAYS))('%s is named', async (name, sentence) => {
    const { recording } = await result(name)
    expect(said(recording)).toContain(sentence)
    const text = sentence.slice(sentence.indexOf(': ') + 2)
    expect(summary(recording)).toContain(`${text}.`)
    // The picture breaks the line.
    const picture = draw(recording)
      .svg.replace(/<[^>]*>/g, ' ')
      .replace(/\s+/g, ' ')
    expect(picture).toContain(text)
  })

  it.each([
    ['two-locks', 2],
    ['await-each-other', 2],
    ['lock-twice', 1],
  ])('%s is drawn as a closed loop of %d', async (name, count) => {
    const [, loop = ''] = /<g class="deadlock"[^>]*>(.*?)<\/g>/.exec(draw((await result(name)).recording).svg) ?? []
    expect(loop.split('<path').length - 1).toBe(count)
  })

  it('lost-wake-up is right in its run, and found among all cancels', async () => {
    const { recording, failure } = await result('lost-wake-up')
    expect([failure, said(recording)]).toEqual([undefined, []])
    const { verdict } = await result('lost-wake-up', { explore: 'cancels' })
    expect(verdict?.passed).toBe(false)
    expect(verdict?.message).toContain('is cancelled after it was woken')
  })
})
