import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { EventLoop } from '../face/event-loop.ts'
import { newLoop } from '../new-loop.fixture.ts'
import type { ExceptionContext } from '../reports/exception-context.ts'

let printReport: (loop: EventLoop, context: ExceptionContext) => void

beforeEach(async () => {
  vi.useFakeTimers()
  vi.resetModules() // nothing was printed before
  printReport = (await import('./print-report.ts')).printReport
  endSecond()
})

afterEach(() => {
  vi.runAllTimers()
  vi.useRealTimers()
  vi.restoreAllMocks()
})

/** In a browser, no module is loaded again: other tests may have reported within this second. */
function endSecond(): void {
  printed()
  const loop = newLoop()
  for (let n = 0; n <= 100; n++) report(loop, `before ${n}`) // more than there may be within one second
  vi.runAllTimers()
  vi.restoreAllMocks()
}

/** What is printed, the first line of each report. */
function printed(): string[] {
  const lines: string[] = []
  vi.spyOn(console, 'error').mockImplementation((text: unknown) => void lines.push(String(text).split('\n')[0] ?? ''))
  return lines
}

const one = new Error('one')

function report(loop: EventLoop, message: string, exception: unknown = one): void {
  printReport(loop, { message, exception })
}

describe('Equal reports within one second', () => {
  it('are one report and a count, however they come between others', () => {
    const lines = printed()
    const loop = newLoop()
    for (let i = 0; i < 2000; i++) {
      report(loop, 'first')
      report(loop, 'second')
    }
    report(loop, 'third')
    report(loop, 'third')
    expect(lines).toEqual(['first', 'second', 'third'])
    vi.advanceTimersByTime(1000)
    expect(lines.slice(3)).toEqual([
      'first: 1999 more reports equal to one above',
      'second: 1999 more reports equal to one above',
      'third: one more report equal to one above',
    ])
    report(loop, 'first')
    expect(lines.slice(6)).toEqual(['first'])
  })

  it('may be about different Tasks and Futures', () => {
    const lines = printed()
    const loop = newLoop()
    for (const future of ["<Task name='a'>", "<Task name='b'>"]) {
      printReport(loop, { message: 'Task exception was never retrieved', exception: one, future })
    }
    printReport(loop, { message: "coroutine in 'Task-1' was never awaited" })
    printReport(loop, { message: "coroutine in 'Task-2' was never awaited" })
    expect(lines).toEqual(['Task exception was never retrieved', "coroutine in 'Task-1' was never awaited"])
  })

  it('differ by their error, its stack and its causes, by their message, and by their loop', () => {
    const lines = printed()
    const loop = newLoop()
    report(loop, 'failed')
    report(loop, 'failed', new Error('two'))
    report(loop, 'failed', new Error('one')) // made elsewhere
    report(loop, 'failed', new Error('group', { cause: 1 }))
    report(loop, 'failed', null)
    report(loop, 'also failed')
    report(newLoop(), 'failed')
    vi.advanceTimersByTime(1000)
    expect(lines).toEqual(['failed', 'failed', 'failed', 'failed', 'failed', 'also failed', 'failed'])
  })

  it('are all received by a handler of the program', () => {
    const loop = newLoop()
    const handler = vi.fn()
    loop.setExceptionHandler(handler)
    for (let i = 0; i < 2000; i++) loop.callExceptionHandler({ message: 'failed', exception: one })
    expect(handler).toHaveBeenCalledTimes(2000)
  })

  it('are counted for 100 different texts at a time: more of them end the second', () => {
    const lines = printed()
    const loop = newLoop()
    for (let i = 0; i < 100; i++) report(loop, `report ${i}`)
    report(loop, 'report 0')
    expect(lines).toHaveLength(100)
    report(loop, 'one more')
    expect(lines.slice(100)).toEqual(['report 0: one more report equal to one above', 'one more'])
  })
})
