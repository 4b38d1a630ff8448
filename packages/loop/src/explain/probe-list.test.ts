import { describe, expect, it } from 'vitest'
import type { Probe } from '../face/probe.ts'
import { newLoop } from '../new-loop.fixture.ts'

describe('the Probes of a loop', () => {
  it('are called in the order of their addition, each only for its own methods', () => {
    const loop = newLoop()
    const log: string[] = []
    loop.probes.add({ slept: (duration) => log.push(`first: slept ${duration}`) })
    loop.probes.add({ reported: ({ message }) => log.push(`second: ${message}`) })
    loop.probes.add({ slept: (duration) => log.push(`third: slept ${duration}`) })
    loop.probe?.slept?.(5)
    loop.probe?.reported?.({ message: 'reported' })
    loop.probes.add({ slept: (duration) => log.push(`before the others: slept ${duration}`) }, true)
    loop.probe?.slept?.(7)
    expect(log).toEqual([
      'first: slept 5',
      'third: slept 5',
      'second: reported',
      'before the others: slept 7',
      'first: slept 7',
      'third: slept 7',
    ])
    expect(loop.probe?.timerSet).toBeUndefined()
  })

  it('are one field: a single Probe is called directly, and none costs one check', () => {
    const loop = newLoop()
    const [first, second]: [Probe, Probe] = [{ slept() {} }, {}]
    const fields: string[] = []
    const note = (): unknown => fields.push(loop.probe === undefined ? 'none' : loop.probe === first ? 'first' : 'all')
    note()
    loop.probes.add(first)
    loop.probes.add(first)
    note()
    loop.probes.add(second)
    note()
    loop.probes.remove(second)
    loop.probes.remove(second)
    note()
    loop.probes.remove(first)
    note()
    expect(fields).toEqual(['none', 'first', 'all', 'first', 'none'])
  })

  it('receive steps and objects if they want them', () => {
    const loop = newLoop()
    let isPatient = true
    const made: unknown[] = []
    const forSteps: Probe = {
      get wantsSteps() {
        return !isPatient
      },
    }
    loop.probes.add({ made: () => made.push('never') })
    loop.probes.add(forSteps)
    expect({ steps: loop.stepProbe, objects: loop.objectProbe }).toEqual({ steps: undefined, objects: undefined })
    isPatient = false
    loop.probes.changed()
    expect(loop.stepProbe).toBe(forSteps)
    const future = loop.createFuture()
    loop.probes.add({ wantsObjects: true, made: (object) => made.push(object) })
    const observed = loop.createFuture()
    expect(made).toHaveLength(1)
    expect(made[0]).toBe(observed)
    expect(made).not.toContain(future)
  })

  it('see the end of each handle whose start they saw, even if it throws or adds another', () => {
    const loop = newLoop()
    const log: string[] = []
    const probe = (name: string): Probe => ({
      begins: () => log.push(`${name}: begins`),
      ran: () => log.push(`${name}: ran`),
    })
    loop.probes.add(probe('first'))
    loop.callSoon(() => loop.probes.add(probe('second')))
    loop.callSoon(() => {})
    loop.runReady()
    expect(log).toEqual(['first: begins', 'first: ran', 'first: begins', 'second: begins', 'first: ran', 'second: ran'])
  })
})
