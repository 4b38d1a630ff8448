import { ContextVar, type Coroutine, getRunningLoop } from '@spindle/loop'
import { Event, newEventLoop, run, runSync, sleep } from '@spindle/task'
import { describe, expect, it } from 'vitest'
import { addSignalHandler, removeSignalHandler } from './signals.ts'

function send(signal: NodeJS.Signals): void {
  process.kill(process.pid, signal)
}

describe('addSignalHandler', () => {
  it('is refused in a blocking run, where the signal would be lost', () => {
    function* main(): Coroutine<void> {
      addSignalHandler('SIGUSR2', () => {})
    }
    const listeners = process.listenerCount('SIGUSR2')
    expect(() => runSync(main())).toThrow("addSignalHandler('SIGUSR2') is not possible in a blocking run")
    expect(process.listenerCount('SIGUSR2')).toBe(listeners)
  })

  it('has the loop call the callback with its arguments, in the context it was set in', async () => {
    const name = new ContextVar<string>('name')
    function* main(): Coroutine<unknown[]> {
      const loop = getRunningLoop()
      const received = new Event()
      const log: unknown[] = []
      name.set('handler')
      addSignalHandler(
        'SIGUSR2',
        (a: number, b: string) => {
          log.push(a, b, name.get())
          log.push(getRunningLoop() === loop ? 'in its loop' : 'elsewhere')
          received.set()
        },
        1,
        'b',
      )
      name.set('main')
      send('SIGUSR2')
      yield* received.wait()
      return log
    }
    expect(await run(main())).toEqual([1, 'b', 'handler', 'in its loop'])
  })

  it('replaces the handler that was set before', async () => {
    function* main(): Coroutine<string[]> {
      const log: string[] = []
      addSignalHandler('SIGUSR2', () => log.push('first'))
      addSignalHandler('SIGUSR2', () => log.push('second'))
      expect(process.listenerCount('SIGUSR2')).toBe(1)
      send('SIGUSR2')
      yield* sleep(50)
      return log
    }
    expect(await run(main())).toEqual(['second'])
  })

  it('leaves no handler when it is removed, and when the loop closes', async () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
    const before = timers()
    const loop = newEventLoop()
    await loop.runUntilComplete(
      (function* main(): Coroutine<void> {
        addSignalHandler('SIGUSR2', () => {})
        expect(removeSignalHandler('SIGUSR2')).toBe(true)
        expect(removeSignalHandler('SIGUSR2')).toBe(false)
        expect(process.listenerCount('SIGUSR2')).toBe(0)
        expect(timers()).toBeLessThanOrEqual(before) // one of another test may have ended
        addSignalHandler('SIGUSR2', () => {})
      })(),
    )
    expect(process.listenerCount('SIGUSR2')).toBe(1)
    loop.close()
    expect(process.listenerCount('SIGUSR2')).toBe(0)
    expect(timers()).toBeLessThanOrEqual(before)
  })

  it('refuses an unknown signal, a value that is not a function, and signals that cannot be handled', async () => {
    function* main(): Coroutine<void> {
      expect(() => addSignalHandler('SIGNOTHING' as never, () => {})).toThrow(
        new RangeError("there is no signal 'SIGNOTHING'"),
      )
      expect(() => addSignalHandler('SIGKILL', () => {})).toThrow(new RangeError('SIGKILL cannot be handled'))
      expect(() => addSignalHandler('SIGUSR2', 5 as never)).toThrow(TypeError)
      expect(() => removeSignalHandler('SIGNOTHING' as never)).toThrow(RangeError)
    }
    await run(main())
    expect(() => addSignalHandler('SIGUSR2', () => {})).toThrow('no running event loop')
  })
})
