import { array, assert, boolean, constantFrom, integer, option, property, record } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LoopEvents as InBrowser } from './loop-events.browser.ts'
import { LoopEvents } from './loop-events.ts'
import { ProbeList } from './probe-list.ts'

const name = constantFrom('task:step', 'resource', 'turn')
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
function logOf(Events: typeof LoopEvents, steps: readonly Step[], inside: readonly Step[]): unknown[] {
  const log: unknown[] = []
  const loop = {
    probes: undefined as unknown,
    probe: undefined,
    stepProbe: undefined,
    isClosed: (): boolean => false,
    time: (): number => 7,
    defaultExceptionHandler: (context: object): unknown => log.push(context),
  }
  loop.probes = new ProbeList(loop as never)
  const emitter = new Events(loop as never)
  const due = [...inside]
  const listeners = [0, 1, 2, 3].map(
    (number) =>
      function (this: unknown, ...args: unknown[]): void {
        log.push([number, this === emitter ? 'itself' : this, args])
        const next = due.pop()
        if (next !== undefined && next.what !== 'emit') perform(next)
        if (next?.all) throw 'it failed'
      },
  )
  const perform = (step: Step): void => {
    const fn = listeners[step.listener] as () => void
    if (step.what === 'emit') log.push(emitter.emitEvent(step.name, { what: 'it' } as never))
    else if (step.what === 'removeAllListeners') emitter.removeAllListeners(step.all ? undefined : step.name)
    else if (step.what === 'off' || step.what === 'removeListener')
      emitter[step.what](step.name, step.all ? undefined : fn, step.context, step.isOnce)
    else emitter[step.what](step.name, fn, step.context)
    const count = emitter.listenerCount(step.name)
    const told = [loop.probe !== undefined, loop.stepProbe !== undefined]
    log.push({ names: emitter.eventNames(), count, heard: { ...emitter.heard }, told })
  }
  for (const one of steps) perform(one)
  emitter.removeAllListeners()
  return log
}

describe('loop.events in a browser', () => {
  it('behaves like eventemitter3', () => {
    const steps = array(step, { maxLength: 30 })
    assert(
      property(steps, steps, (program, inside) => {
        expect(logOf(InBrowser, program, inside)).toEqual(logOf(LoopEvents, program, inside))
      }),
      { numRuns: 300 },
    )
  })

  it('returns the listeners, and refuses other values', () => {
    const events = new InBrowser({ probes: { add() {}, remove() {} } } as never)
    const listener = (): void => {}
    expect(events.on('turn', listener).listeners('turn')).toEqual([listener])
    expect(() => events.on('turn', 3 as never)).toThrow(new TypeError('a listener must be a function, got 3'))
  })
})
