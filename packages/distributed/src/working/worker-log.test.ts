import { describe, expect, it } from 'vitest'
import { logForPeople, logJson } from './worker-log.ts'
import type { WorkerEvent } from './worker-options.ts'

// A forged line, a terminal's escape sequence in both forms, a change of direction, and a separator of lines.
const HOSTILE = 'job\nspindle-worker: ready\x1b[2J\x9b2J\u202e\u2066\u2028'
const EVENTS: readonly WorkerEvent[] = [
  { event: 'failed', id: `1${HOSTILE}`, name: HOSTILE, error: HOSTILE },
  { event: 'warning', message: HOSTILE },
  { event: 'ready', functions: [HOSTILE] },
]

describe('the log of a worker', () => {
  it.each(EVENTS)('escapes unprintable characters, for people: $event', (event) => {
    let text = ''
    logForPeople((part) => {
      text += part
    }, 'spindle')(event)
    expect(text).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+\n$/u)
    expect(text).toContain('\\x1b[2J\\x9b2J\\u202e\\u2066\\u2028')
  })

  it.each(EVENTS)('escapes unprintable characters, as JSON: $event', (event) => {
    let text = ''
    logJson((part) => {
      text += part
    })(event)
    expect(text).toMatch(/^[^\p{C}\p{Zl}\p{Zp}]+\n$/u)
    expect(JSON.parse(text)).toMatchObject(event)
  })
})
