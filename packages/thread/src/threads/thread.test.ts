import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { threadId } from 'node:worker_threads'
import { RuntimeError } from '@spindle/loop'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { currentThread, Event, fromModule, mainThread, Thread } from '../index.ts'
import setByDefault, * as targets from '../targets.fixture.ts'

const directory = mkdtempSync(join(tmpdir(), 'spindle-thread-'))
afterAll(() => rmSync(directory, { recursive: true }))

let path: string
let files = 0
beforeEach(() => {
  path = join(directory, `${++files}.json`)
})
const written = (): unknown => JSON.parse(readFileSync(path, 'utf8'))

describe('Thread', () => {
  it('runs nothing before it is started', () => {
    const event = new Event()
    const thread = new Thread({ target: targets.setAfter, args: [0, event] })
    expect({ hasRun: event.wait({ timeout: 150 }), alive: thread.isAlive(), ident: thread.ident }).toEqual({
      hasRun: false,
      alive: false,
      ident: undefined,
    })
  })

  it('calls its target with its args, and has ended when join returns', () => {
    const thread = new Thread({ target: targets.report, args: [path, 'a', [1, { b: null }]] })
    thread.start()
    thread.join()
    expect(written()).toEqual(['a', [1, { b: null }]])
    expect(thread.isAlive()).toBe(false)
  })

  it('is printed as threading prints it, at each stage of its life', () => {
    const event = new Event()
    const thread = new Thread({ target: targets.waitFor, args: [event], name: 'worker' })
    const printed = [`${thread}`]
    thread.start()
    printed.push(inspect(thread))
    event.set()
    thread.join()
    printed.push(thread.toString())
    const ident = thread.ident
    expect(ident).toBeGreaterThan(0)
    expect(printed).toEqual([
      '<Thread(worker, initial)>',
      `<Thread(worker, started ${ident})>`,
      `<Thread(worker, stopped ${ident})>`,
    ])
  })

  it('is printed with the name of its class, and as a daemon', () => {
    class Spinner extends Thread {}
    const thread = new Spinner({ target: targets.nothing, daemon: true, name: 'q' })
    expect(`${thread}`).toBe('<Spinner(q, initial daemon)>')
    thread.start()
    thread.join()
    expect(`${thread}`).toBe(`<Spinner(q, stopped daemon ${thread.ident})>`)
  })

  it('is named after its number and its target', () => {
    const [first, second] = [new Thread({ target: targets.nothing }), new Thread({ target: targets.leave })]
    const number = Number(/^Thread-(\d+) \(nothing\)$/.exec(first.name)?.[1])
    expect(second.name).toBe(`Thread-${number + 1} (leave)`)
  })

  it('can only be started once', () => {
    const thread = new Thread({ target: targets.nothing })
    thread.start()
    expect(() => thread.start()).toThrow(new RuntimeError('threads can only be started once'))
    thread.join()
    expect(() => thread.start()).toThrow(RuntimeError)
  })

  it('is joined only after it was started, and not by itself', () => {
    expect(() => new Thread({ target: targets.nothing }).join()).toThrow('cannot join thread before it is started')
    expect(() => currentThread().join()).toThrow(new RuntimeError('cannot join current thread'))
  })

  it('is alive after a join that timed out', () => {
    const event = new Event()
    const thread = new Thread({ target: targets.waitFor, args: [event] })
    thread.start()
    const before = performance.now()
    thread.join({ timeout: 50 })
    expect(performance.now() - before).toBeGreaterThanOrEqual(50)
    thread.join({ timeout: -1 })
    expect(thread.isAlive()).toBe(true)
    expect(() => thread.join({ timeout: Number.NaN })).toThrow(RangeError)
    expect(() => thread.join('1' as never)).toThrow(TypeError)
    event.set()
    thread.join()
    expect(thread.isAlive()).toBe(false)
  })

  it('finds itself and the main thread from inside', () => {
    const thread = new Thread({ target: targets.describeThreads, args: [path], name: 'me', daemon: true })
    thread.start()
    thread.join()
    expect(written()).toEqual([`<Thread(me, started daemon ${thread.ident})>`, thread.ident, true, `${mainThread()}`])
  })

  it('waits for the promise of an async target', () => {
    const event = new Event()
    const thread = new Thread({ target: targets.setLater, args: [50, event] })
    thread.start()
    thread.join()
    expect(event.isSet()).toBe(true)
  })

  it('can start threads itself', () => {
    const event = new Event()
    const thread = new Thread({ target: targets.startsAnother, args: [event] })
    thread.start()
    thread.join()
    expect(event.isSet()).toBe(true)
  })

  it('can be passed to another thread, which joins it', () => {
    const [go, ended] = [new Event(), new Event()]
    const first = new Thread({ target: targets.waitFor, args: [go] })
    first.start()
    const second = new Thread({ target: targets.joins, args: [first, ended] })
    second.start()
    expect(ended.wait({ timeout: 100 })).toBe(false)
    go.set()
    first.join()
    second.join()
    expect(ended.isSet()).toBe(true)
  })

  it('has ended when its worker left without a word', () => {
    const thread = new Thread({ target: targets.leave })
    thread.start()
    thread.join()
    expect(thread.isAlive()).toBe(false)
  })

  it('keeps its daemon status once it runs', () => {
    const thread = new Thread({ target: targets.nothing })
    expect(thread.daemon).toBe(false)
    thread.daemon = true
    thread.start()
    expect(() => {
      thread.daemon = false
    }).toThrow(new RuntimeError('cannot set daemon status of active thread'))
    thread.join()
  })
})

describe('the target of a Thread', () => {
  const setsEvent = (target: (event: Event) => unknown): boolean => {
    const event = new Event()
    const thread = new Thread({ target, args: [event] })
    thread.start()
    thread.join()
    return event.isSet()
  }

  it('may be exported under another name, or as the default', () => {
    const [renamed, byDefault] = [targets.renamed, setByDefault].map(setsEvent)
    expect({ renamed, byDefault }).toEqual({ renamed: true, byDefault: true })
  })

  it('may be a coroutine, plain or wrapped by coroutine(), which runs on its own loop', () => {
    const [plain, wrapped] = [targets.plainCoroutine, targets.wrapped].map(setsEvent)
    expect({ plain, wrapped }).toEqual({ plain: true, wrapped: true })
  })

  it('may be marked by its module', () => {
    const target = fromModule({ url: new URL('../targets.fixture.ts', import.meta.url).href }, targets.renamed)
    expect(target).toBe(targets.renamed)
    expect(setsEvent(target)).toBe(true)
  })

  it('is refused when it was made inside another function', () => {
    expect(() => new Thread({ target: targets.make(1) })).toThrow(
      /^the function at .*targets\.fixture\.ts:\d+ was made inside another function/,
    )
  })

  it('is refused if it is not a function, and args are refused if they are not an array', () => {
    expect(() => new Thread({ target: 3 as never, args: [] as never })).toThrow('target must be a function, got 3')
    expect(() => Reflect.construct(Thread, [])).toThrow('target must be a function, got undefined')
    expect(() => Reflect.construct(Thread, [Math.max])).toThrow(
      'Thread takes its function as an option, got [Function: max]. Write: new Thread({ target, args })',
    )
    expect(() => Reflect.construct(Thread, [null])).toThrow('the options of Thread must be an object, got null')
    expect(() => new Thread({ target: targets.nothing, args: 'abc' as never })).toThrow(
      "args must be an array, got 'abc'",
    )
  })

  it('is refused by the thread when it is not exported', () => {
    expect(() => new Thread({ target: targets.notExported() }).start()).toThrow(
      /hidden\(\) at .*targets\.fixture\.ts:\d+ is not exported.*export function hidden/,
    )
  })

  it('is refused when its module fails in the thread', async () => {
    const { fails } = await import('../fails-in-threads.fixture.ts')
    expect(() => new Thread({ target: fails }).start()).toThrow(RuntimeError)
    expect(() => new Thread({ target: fails }).start()).toThrow(
      /fails-in-threads\.fixture\.[jt]s fails there: not in a thread/,
    )
  })
})

describe('the args of a Thread', () => {
  it('may hold the same Event in many places, and it is one Event there, too', () => {
    const [event, same] = [new Event(), new Event()]
    const given = {
      deep: [event, new Map([['set', new Set([event])]])] as [Event, Map<string, Set<Event>>],
      again: event,
    }
    const thread = new Thread({ target: targets.setAll, args: [given, same] })
    thread.start()
    thread.join()
    expect(same.isSet()).toBe(true)
  })

  it('are refused if they cannot be cloned, and the thread can still be started', () => {
    const args: unknown[] = [() => {}]
    const thread = new Thread({ target: targets.report, args: [path, ...args] })
    expect(() => thread.start()).toThrow(
      /the args of <Thread\(Thread-\d+ \(report\), initial\)> can't be sent to another thread: /,
    )
    expect(() => thread.start()).toThrow(TypeError)
  })
})

describe('currentThread', () => {
  it('is a dummy on a worker that is not a Thread, and the main thread on the main thread', () => {
    expect(`${mainThread()}`).toBe('<_MainThread(MainThread, started 0)>')
    expect(currentThread().ident).toBe(threadId)
    expect(() => mainThread().start()).toThrow('threads can only be started once')
  })
})
