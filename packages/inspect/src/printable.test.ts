import { CancelledError, type Coroutine, createTask, sleep } from 'spindle'
import { describe, expect, it } from 'vitest'
import { summary, toAccount } from './pictures/account.ts'
import { toSVG } from './pictures/draw.ts'
import { recordingOf } from './recorder/recording-of.fixture.ts'
import type { Recording } from './recording.ts'
import { toStory } from './story/story.ts'

// A terminal's escape sequences, a forged line, and what turns the direction of writing.
const HOSTILE = 'a\x1b[2J\x9b2J\u202e\u2066\u2028b'

function* worker(): Coroutine<void> {
  try {
    yield* sleep(100)
  } catch (error) {
    if (error instanceof CancelledError) throw new Error(HOSTILE)
  }
}

function* main(): Coroutine<void> {
  const task = createTask(worker(), { name: HOSTILE })
  yield* sleep(1)
  task.cancel(HOSTILE)
  yield* sleep(1)
}

describe('the texts derived from a recording', () => {
  it.each([
    ['toAccount', (recording: Recording) => toAccount(recording)],
    ['summary', (recording: Recording) => summary(recording)],
    ['toStory', (recording: Recording) => toStory(recording)],
    ['toSVG', (recording: Recording) => toSVG(recording)],
  ])('by %s has no character that moves a cursor or turns the direction of text', (_name, turn) => {
    const recording = recordingOf(main)
    expect(JSON.stringify(recording)).toContain('\u202e')
    const texts: string[] = []
    JSON.stringify(turn(recording), (_key, value: unknown) => {
      if (typeof value === 'string') texts.push(value)
      return value
    })
    expect(texts.join('').includes('[2J')).toBe(true) // the name is there
    expect(texts.filter((text) => /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(text))).toEqual([])
  })
})
