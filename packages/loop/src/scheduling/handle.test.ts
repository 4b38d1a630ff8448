import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { copyContext } from '../context/context.ts'
import { ContextVar } from '../context/context-var.ts'
import { newLoop } from '../new-loop.fixture.ts'
import { VirtualClock } from './virtual-clock.ts'

function callback(): void {}

describe('Handle', () => {
  it('is printed with its callback and the callback’s location', () => {
    const handle = newLoop().callSoon(callback)
    const before = String(handle)
    handle.cancel()
    expect([before, String(handle)]).toEqual([
      expect.stringMatching(/^<Handle callback\(\) at packages\/loop\/src\/scheduling\/handle\.test\.ts:\d+>$/),
      '<Handle cancelled>',
    ])
  })

  it('is printed in debug mode with the place where it was created', () => {
    const handle = newLoop({ debug: true }).callSoon(callback)
    expect(String(handle)).toMatch(
      /^<Handle callback\(\) at \S+ created at packages\/loop\/src\/scheduling\/handle\.test\.ts:\d+>$/,
    )
  })

  it('can be cancelled repeatedly, and releases its callback', async () => {
    const loop = newLoop()
    const log: string[] = []
    const handle = loop.callSoon((text: string) => log.push(text), 'called')
    expect(handle.cancelled()).toBe(false)
    handle.cancel()
    handle.cancel()
    loop.stop()
    loop.runForeverSync()
    expect({ cancelled: handle.cancelled(), log }).toEqual({ cancelled: true, log: [] })
  })

  it('can be cancelled after it was called, which changes nothing', () => {
    const loop = newLoop()
    const log: string[] = []
    const handle = loop.callSoon(() => log.push('called'))
    const timer = loop.callLater(0, () => log.push('timer called'))
    loop.stop()
    loop.runForeverSync()
    handle.cancel()
    timer.cancel()
    const later = loop.callLater(0, () => log.push('later'))
    loop.stop()
    loop.runForeverSync()
    expect(log).toEqual(['called', 'timer called', 'later'])
    expect({ cancelled: later.cancelled() }).toEqual({ cancelled: false })
  })

  it('cancels itself while it is called, and it is called once', () => {
    const loop = newLoop()
    const log: string[] = []
    const handle = loop.callSoon(() => {
      handle.cancel()
      log.push('called')
    })
    loop.stop()
    loop.runForeverSync()
    expect(log).toEqual(['called'])
  })

  it('has its context', () => {
    const loop = newLoop()
    const name = new ContextVar('name', { defaultValue: 'default' })
    const handle = copyContext().run(() => {
      name.set('set')
      return loop.callSoon(callback)
    })
    expect(handle.getContext().get(name)).toBe('set')
  })
})

describe('TimerHandle', () => {
  it('is printed with its time', () => {
    const timer = newLoop({ clock: new VirtualClock(5) }).callLater(10, callback)
    const before = String(timer)
    timer.cancel()
    expect([before, String(timer)]).toEqual([
      expect.stringMatching(
        /^<TimerHandle when=15 callback\(\) at packages\/loop\/src\/scheduling\/handle\.test\.ts:\d+>$/,
      ),
      '<TimerHandle cancelled when=15>',
    ])
  })

  it('has its time, on the clock of the loop', () => {
    const loop = newLoop({ clock: new VirtualClock(5) })
    expect([loop.callLater(10, callback).when(), loop.callAt(-3, callback).when()]).toEqual([15, -3])
  })
})

describe('console.log', () => {
  it('prints Futures and loops in their own format', () => {
    const loop = newLoop()
    const future = loop.createFuture<number>()
    future.setResult(42)
    expect([inspect(future), inspect({ loop })]).toEqual([
      '<Future finished result=42>',
      '{ loop: <EventLoop running=false closed=false debug=false> }',
    ])
  })
})
