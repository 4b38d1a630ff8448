// What tells of itself in a text tells the same where it is printed: with console.log, or in a debugger.

import { inspect } from 'node:util'
import * as spindle from 'spindle'
import { setEventLoop } from 'spindle/more'
import { describe, expect, it } from 'vitest'

const { newEventLoop, sleep } = spindle

describe('console.log', () => {
  it('prints the same as a template literal', () => {
    const loop = newEventLoop()
    setEventLoop(loop)
    const user = new spindle.ContextVar('user')
    const things = [
      loop,
      loop.createFuture(),
      new spindle.Lock().acquire(),
      new spindle.Semaphore(2),
      new spindle.Queue<number>().get(),
      new spindle.Event().wait(),
      new spindle.Barrier(2),
      user,
      user.set('ann'),
      sleep(0),
      sleep(10),
      loop.callSoon(() => {}),
      loop.callLater(10, () => {}),
    ]
    for (const thing of things) expect(inspect(thing)).toBe(`${thing}`)
    expect(things.map(String).filter((text) => !text.startsWith('<'))).toEqual([])
    loop.close()
  })
})
