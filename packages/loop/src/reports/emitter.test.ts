import { EventEmitter as EventEmitter3 } from 'eventemitter3'
import { array, assert, boolean, constantFrom, integer, option, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { EventEmitter as SmallEmitter } from './emitter.browser.ts'

const name = constantFrom('a', 'b')
const listener = integer({ min: 0, max: 3 })
const context = option(constantFrom('x', 'y'), { nil: undefined })
const step = record({
  what: constantFrom('on', 'once', 'off', 'emit', 'removeAllListeners', 'addListener', 'removeListener'),
  name,
  listener,
  context,
  isOnce: boolean(),
  all: boolean(),
})
type Step = typeof step extends { generate(...args: never): { readonly value: infer T } } ? T : never

/** What listeners hear and what can be asked, step by step. A listener may change the emitter while it is called. */
function logOf(emitter: EventEmitter3, steps: readonly Step[], inside: readonly Step[]): unknown[] {
  const log: unknown[] = []
  const due = [...inside]
  const listeners = [0, 1, 2, 3].map(
    (number) =>
      function (this: unknown, ...args: unknown[]): void {
        log.push([number, this === emitter ? 'itself' : this, args])
        const next = due.pop()
        if (next !== undefined && next.what !== 'emit') perform(next)
      },
  )
  const perform = (step: Step): void => {
    const fn = listeners[step.listener] as () => void
    if (step.what === 'emit') log.push(emitter.emit(step.name, 1, 'two'))
    else if (step.what === 'removeAllListeners') emitter.removeAllListeners(step.all ? undefined : step.name)
    else if (step.what === 'off' || step.what === 'removeListener')
      emitter[step.what](step.name, step.all ? undefined : fn, step.context, step.isOnce)
    else emitter[step.what](step.name, fn, step.context)
    const count = emitter.listenerCount(step.name)
    const which = emitter.listeners(step.name).map((one) => listeners.indexOf(one as never))
    log.push({ names: emitter.eventNames(), count, which })
  }
  for (const one of steps) perform(one)
  return log
}

describe('The emitter of loop.events in a browser', () => {
  it('does what eventemitter3 does', () => {
    const steps = array(step, { maxLength: 30 })
    assert(
      property(steps, steps, (program, inside) => {
        expect(logOf(new SmallEmitter(), program, inside)).toEqual(logOf(new EventEmitter3(), program, inside))
      }),
      { numRuns: 300 },
    )
  })
})
