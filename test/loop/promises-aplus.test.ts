import { describe, expect, it } from 'vitest'
import { longForm } from '../tooling/long-form.ts'
import { runExample } from '../tooling/run-example.ts'

// Native promises, too, pass the suite only if unhandled rejections are let be.
const env = { NODE_OPTIONS: '--unhandled-rejections=none' }

describe('A Future as a promise', () => {
  const states = [
    ['is driven by the host', 'running'],
    ['stands still', 'standing'],
  ]
  it.concurrent.each(longForm ? states : states.slice(0, 1))(
    'passes the Promises/A+ suite while its loop %s',
    { timeout: 120_000 },
    async (_state, argument) => {
      const options = { env, args: [argument], timeout: 120_000 }
      const { stdout, code } = await runExample('test/loop/promises-aplus.fixture.ts', options)
      const [passing] = /\d+ passing/.exec(stdout) ?? [stdout]
      const [last] = /failed: .*/.exec(stdout) ?? [stdout]
      expect([passing, last, code]).toEqual(['872 passing', `failed: 0, running: ${argument === 'running'}`, 0])
    },
  )
})
