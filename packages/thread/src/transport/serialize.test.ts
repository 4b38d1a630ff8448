import { runInNewContext } from 'node:vm'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { Event } from '../index.ts'
import { type Packed, pack, unpack } from './serialize.ts'

const send = <T>(value: T): T => unpack(structuredClone(pack(value, []))) as T

describe('pack', () => {
  it('leaves plain data alone that looks like a packed object, also next to a real one', () => {
    const event = new Event()
    const [standIn] = pack(event, []).standIns ?? []
    const packed = structuredClone(pack([standIn, event, { name: 'Event', packed: 1 }], []))
    const [plain, own, other] = unpack(packed) as unknown[]
    expect([plain, other]).toEqual([standIn, { name: 'Event', packed: 1 }])
    expect(own).toBeInstanceOf(Event)
  })

  it('does not copy what holds no shared object', () => {
    const value = { list: [1, new Map([[1, new Set([2])]])], bytes: new Uint8Array(3), date: new Date(0) }
    expect(pack(value, [])).toEqual({ value, standIns: undefined })
    expect(pack(value, []).value).toBe(value)
  })

  it('finds shared objects in arrays, objects, Maps, Sets and class instances', () => {
    class Signal {
      readonly done = new Event()
    }
    const signal = new Signal()
    const got = send([
      signal.done,
      { a: signal.done },
      new Map([[signal.done, signal.done]]),
      new Set([signal.done]),
      signal,
    ])
    const [event, object, map, set, instance] = got as [Event, { a: Event }, Map<Event, Event>, Set<Event>, Signal]
    expect(event).toBeInstanceOf(Event)
    expect([object.a, ...map.keys(), ...map.values(), ...set, instance.done].every((one) => one === event)).toBe(true)
    event.set()
    expect(signal.done.isSet()).toBe(true)
  })

  it('finds them in a Map and a Set of another realm, as Node makes them in a test of Jest', () => {
    const event = new Event()
    const foreign = runInNewContext('[new Map([[1, event]]), new Set([event])]', { event }) as unknown[]
    const [map, set] = send(foreign) as [Map<number, Event>, Set<Event>]
    expect([...map.values(), ...set]).toEqual([expect.any(Event), expect.any(Event)])
  })

  it('passes Events on that are printed alike on both sides', () => {
    const event = new Event()
    expect(`${send(event)}`).toBe(`${event}`)
  })

  it('keeps cycles and shared references within a message', () => {
    const list: unknown[] = [new Event()]
    list.push(list, { list })
    const got = send(list) as [Event, unknown, { list: unknown }]
    expect({ itself: got[1] === got, inItsMember: got[2].list === got }).toEqual({ itself: true, inItsMember: true })
  })

  it('leaves holes, unusual keys and other clonable values unchanged', () => {
    const strange = JSON.parse('{"__proto__": 1, "constructor": 2}')
    // biome-ignore lint/suspicious/noSparseArray: a hole is what this is about
    const [, holes, same, date, bytes] = send([new Event(), [1, , 3], strange, new Date(5), new Uint8Array([1, 2])])
    expect([Object.keys(holes as object), JSON.stringify(same)]).toEqual([
      ['0', '2'],
      '{"__proto__":1,"constructor":2}',
    ])
    expect([date, bytes]).toEqual([new Date(5), new Uint8Array([1, 2])])
  })

  it('lists the ports, which have to move, once each', () => {
    const { port1 } = new MessageChannel()
    const transfer: MessagePort[] = []
    pack([port1, { port1 }], transfer)
    expect(transfer).toEqual([port1])
    port1.close()
  })

  it('leaves values that cannot be cloned to structuredClone, which reports them', () => {
    expect(() => send([new Event(), () => {}])).toThrow('could not be cloned')
  })
})

describe('unpack', () => {
  it('reports unknown values', () => {
    const gizmo = { name: 'Gizmo', packed: 1 }
    const packed: Packed = { value: gizmo, standIns: [gizmo] }
    expect(() => unpack(packed)).toThrow("nothing here knows how a Gizmo travels: import it from 'spindle/thread'")
  })
})
