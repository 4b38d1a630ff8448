import { run, sleep, timeout } from 'spindle'
import { describe, expect, it } from 'vitest'
import { showOwnFrames } from './own-frames.ts'

const DEFINED = '    at main.test.ts:7:1'

describe('The stack of an error in a test', () => {
  it('shows the line of the test in place of the frames of Spindle', async () => {
    const error: Error = await run(timeout(1, () => sleep(10_000))).catch((thrown) => thrown)
    error.stack = `${error}\n    at timeout (/app/node_modules/spindle/dist/runtime.js:5:1)\n    at node:internal/timers:9:1`
    showOwnFrames(error, DEFINED)
    expect(error.stack.split('\n').slice(-1)).toEqual([DEFINED])
    expect(error.stack).toContain('TimeoutError')
  })

  it('keeps the lines of the user, and removes the lines between them, in causes too', () => {
    const cause = new Error('first')
    const error = new Error('then', { cause })
    cause.stack = 'Error: first\n    at run (/app/node_modules/@spindle/testing/dist/index.js:1:1)'
    error.stack = `Error: then\n    at work (/app/main.ts:3:5)\n    at run (/app/node_modules/spindle/dist/runtime.js:1:1)`
    showOwnFrames(error, DEFINED)
    expect({ error: error.stack, cause: cause.stack }).toEqual({
      error: 'Error: then\n    at work (/app/main.ts:3:5)',
      cause: 'Error: first',
    })
    const bare = Object.assign(new Error('late'), { stack: 'Error: late' })
    showOwnFrames(bare, DEFINED)
    expect(bare.stack).toBe(`Error: late\n${DEFINED}`)
    const endless = new Error('its own cause')
    endless.cause = endless
    showOwnFrames(endless, DEFINED)
    showOwnFrames('a string', DEFINED)
  })
})
