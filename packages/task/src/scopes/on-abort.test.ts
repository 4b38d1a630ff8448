import { describe, expect, it } from 'vitest'
import { onAbort as inBrowser } from './on-abort.browser.ts'
import { onAbort } from './on-abort.ts'

describe.each([
  ['on Node', onAbort],
  ['in a browser', inBrowser],
])('onAbort %s', (_, onAbort) => {
  it('calls each listener once, in order, unless it was removed', () => {
    const controller = new AbortController()
    const log: string[] = []
    const stops = ['a', 'b', 'c'].map((name) => onAbort(controller.signal, () => log.push(name)))
    stops[1]?.()
    controller.abort()
    expect(log).toEqual(['a', 'c'])
  })

  it('does not call a listener that another listener has removed', () => {
    const controller = new AbortController()
    const log: string[] = []
    onAbort(controller.signal, () => {
      log.push('first')
      stop()
    })
    const stop = onAbort(controller.signal, () => log.push('second'))
    controller.abort()
    expect(log).toEqual(['first'])
  })

  it('calls at once if it has aborted', () => {
    const log: string[] = []
    onAbort(AbortSignal.abort(), () => log.push('at once'))()
    expect(log).toEqual(['at once'])
  })
})
