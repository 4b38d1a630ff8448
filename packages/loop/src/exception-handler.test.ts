import { afterEach, describe, expect, it, vi } from 'vitest'
import { BaseEventLoop, NO_PARTS } from './base-event-loop.ts'
import { copyContext } from './context/context.ts'
import { ContextVar } from './context/context-var.ts'
import { driversWithoutTasks } from './drivers/drivers.ts'
import { KeyboardInterrupt } from './errors/errors.ts'
import { toolsWithoutTasks } from './explain/tools-without-tasks.ts'
import type { EventLoop } from './face/event-loop.ts'
import { newLoop } from './new-loop.fixture.ts'
import type { ExceptionContext } from './reports/exception-context.ts'
import { VirtualClock } from './scheduling/virtual-clock.ts'
import { turn } from './turn.fixture.ts'

afterEach(() => {
  vi.restoreAllMocks()
})

/** What goes to the standard error output, line by line; the lines of stacks left out. */
function printed(): string[][] {
  const lines: string[][] = []
  vi.spyOn(console, 'error').mockImplementation((...args: unknown[]) => {
    lines.push(
      args
        .join(' ')
        .split('\n')
        .filter((line) => !/^ +at /.test(line)),
    )
  })
  return lines
}

function virtualLoop(): EventLoop {
  return newLoop({ clock: new VirtualClock() })
}

function fails(): never {
  throw new RangeError('no')
}

describe('The default exception handler', () => {
  it('prints the error of a callback, with the callback and the stack', () => {
    const lines = printed()
    const loop = virtualLoop()
    loop.callSoon(fails)
    loop.callLater(0, fails)
    turn(loop)
    const place = expect.stringMatching(/^Exception in callback fails\(\) at \S+exception-handler\.test\.ts:\d+$/)
    expect(lines).toEqual([
      [place, expect.stringMatching(/^handle: <Handle fails\(\) at \S+>$/), 'RangeError: no'],
      [place, expect.stringMatching(/^handle: <TimerHandle when=\d+ fails\(\) at \S+>$/), 'RangeError: no'],
    ])
  })

  it('prints in debug mode where the callback was added', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const loop = newLoop({ clock: new VirtualClock(), debug: true })
    loop.callSoon(fails)
    turn(loop)
    expect(String(error.mock.calls[0]?.[0])).toMatch(
      /\nObject created at \(most recent call first\):\n +at \S*.*exception-handler\.test\.ts:\d+:\d+/,
    )
  })

  it('prints each entry of the context, sorted, and a default message if there is none', () => {
    const lines = printed()
    const loop = virtualLoop()
    loop.callExceptionHandler({
      message: 'what happened',
      zebra: 1,
      apple: 'text',
      list: [1, 'two'],
      absent: undefined,
    })
    loop.callExceptionHandler({ message: '', transport: { toString: () => '<Transport>' }, bare: Object.create(null) })
    expect(lines).toEqual([
      ['what happened', "apple: 'text'", "list: [1, 'two']", 'zebra: 1'],
      ['Unhandled exception in event loop', 'bare: {}', 'transport: <Transport>'],
    ])
  })

  it('prints the thrown value, even if it is not an error', () => {
    const lines = printed()
    const loop = virtualLoop()
    for (const exception of [undefined, null, 'text', 0, { code: 1 }]) {
      loop.callExceptionHandler({ message: 'm', exception })
    }
    expect(lines.map(([, line]) => line)).toEqual([
      'thrown: undefined',
      'thrown: null',
      "thrown: 'text'",
      'thrown: 0',
      'thrown: { code: 1 }',
    ])
  })

  it('prints the causes of an error, and ends where they go in a circle', () => {
    const lines = printed()
    const loop = virtualLoop()
    const [root, top] = [new Error('root'), new Error('top')]
    top.cause = root
    loop.callExceptionHandler({ message: 'm', exception: top })
    root.cause = top
    loop.callExceptionHandler({ message: 'm', exception: top })
    expect(lines).toEqual([
      ['m', 'Error: top', 'Caused by: Error: root'],
      ['m', 'Error: top', 'Caused by: Error: root', 'Caused by: Error: … (shown above)'],
    ])
  })

  it('may be overridden; if it fails itself, that is printed and the loop continues', () => {
    const lines = printed()
    class Special extends BaseEventLoop {
      override defaultExceptionHandler(context: ExceptionContext): void {
        throw new TypeError(`the handler is broken: ${context.message}`)
      }
    }
    const clock = new VirtualClock()
    const parts = { ...NO_PARTS, drivers: driversWithoutTasks, tools: toolsWithoutTasks }
    const loop = new Special({ clock, parts })
    const log: string[] = []
    loop.callSoon(fails)
    loop.callSoon(() => log.push('goes on'))
    turn(loop)
    loop.setExceptionHandler(fails)
    loop.callExceptionHandler({ message: 'again' })
    expect([log, lines.map(([first]) => first)]).toEqual([
      ['goes on'],
      [
        'Exception in default exception handler',
        expect.stringMatching(/^Exception in callback fails\(\)/),
        'Exception in default exception handler',
        'Unhandled error in exception handler',
      ],
    ])
  })
})

describe('setExceptionHandler', () => {
  it('sends reports to the handler, until it is removed', () => {
    const lines = printed()
    const loop = virtualLoop()
    const log: unknown[] = []
    const handler = (which: EventLoop, context: ExceptionContext): void => void log.push([String(which), context])
    expect(loop.getExceptionHandler()).toBeUndefined()
    loop.setExceptionHandler(handler)
    expect(loop.getExceptionHandler()).toBe(handler)
    const handle = loop.callSoon(fails)
    turn(loop)
    loop.setExceptionHandler(undefined)
    loop.callSoon(fails)
    turn(loop)
    const message = expect.stringMatching(/^Exception in callback fails\(\) at /)
    expect(loop.getExceptionHandler()).toBeUndefined()
    expect(log).toEqual([[expect.stringContaining('EventLoop'), { message, exception: new RangeError('no'), handle }]])
    expect(lines).toHaveLength(1)
  })

  it('refuses a value that is not a function', () => {
    expect(() => virtualLoop().setExceptionHandler('spam' as never)).toThrow(
      new TypeError("A callable object or undefined is expected, got 'spam'"),
    )
  })

  it('if a handler throws, its error and the whole report are printed, and the loop continues', () => {
    const lines = printed()
    const loop = virtualLoop()
    const log: string[] = []
    loop.setExceptionHandler(() => {
      throw new Error('broken')
    })
    loop.callExceptionHandler({ message: 'what happened', task: 'Task-1', exception: new Error('no') })
    loop.callSoon(fails)
    loop.callSoon(() => log.push('goes on'))
    turn(loop)
    expect([log, lines[0], lines[1]?.[0]]).toEqual([
      ['goes on'],
      [
        'Unhandled error in exception handler',
        'context: what happened',
        "  task: 'Task-1'",
        '  Error: no',
        'Error: broken',
      ],
      'Unhandled error in exception handler',
    ])
    expect(lines[1]?.slice(1)).toEqual([
      expect.stringMatching(/^context: Exception in callback fails\(\) at /),
      expect.stringMatching(/^ {2}handle: <Handle fails\(\) at /),
      '  RangeError: no',
      'Error: broken',
    ])
  })

  it('lets a KeyboardInterrupt of the handler end the run', () => {
    const loop = virtualLoop()
    loop.setExceptionHandler(() => {
      throw new KeyboardInterrupt()
    })
    loop.callSoon(fails)
    expect(() => turn(loop)).toThrow(KeyboardInterrupt)
  })

  it('calls the handler in the context of the callback that failed', () => {
    const loop = virtualLoop()
    const name = new ContextVar('name', { defaultValue: 'default' })
    const log: string[] = []
    loop.setExceptionHandler(() => log.push(name.get()))
    copyContext().run(() => {
      name.set('adder')
      loop.callSoon(() => {
        name.set('callback')
        fails()
      })
    })
    turn(loop)
    loop.callExceptionHandler({ message: 'from plain code' })
    expect([log, name.get()]).toEqual([['callback', 'default'], 'default'])
  })

  it('a handler that reports to the loop is called again', () => {
    const loop = virtualLoop()
    const log: string[] = []
    loop.setExceptionHandler((_loop, { message }) => {
      log.push(message)
      if (message === 'first') loop.callExceptionHandler({ message: 'second' })
    })
    loop.callExceptionHandler({ message: 'first' })
    expect(log).toEqual(['first', 'second'])
  })
})
