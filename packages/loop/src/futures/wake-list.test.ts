import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { longForm, randomCases } from '../../../../test/tooling/long-form.ts'
import { newLoop } from '../new-loop.fixture.ts'
import { type Callback, Handle } from '../scheduling/handle.ts'
import { WakeList } from './wake-list.ts'

const loop = newLoop()
const count = longForm ? 100_000 : 20_000

/** Counts how often anybody asks what it calls: what a search costs. */
class CountingHandle extends Handle {
  static asked = 0

  constructor(callback: Callback) {
    super(loop, callback, [], undefined)
  }

  override getCallback(): Callback | undefined {
    CountingHandle.asked++
    return super.getCallback()
  }
}

type Entry = ConstructorParameters<typeof WakeList>[0]

function listOf(handles: readonly Entry[]): WakeList {
  const [first, second, ...more] = handles
  const list = new WakeList(first as Entry, second as Entry)
  for (const handle of more) list.add(handle)
  return list
}

describe('WakeList', () => {
  it('keeps the order of arrival through removals', () => {
    const callbacks = ['a', 'b', 'c', 'd', 'e'].map((name) => Object.assign(() => name, { called: name }))
    const handles = callbacks.map((callback) => new CountingHandle(callback))
    const list = listOf(handles)
    const removed = [callbacks[0], callbacks[3]].map((callback) => list.remove(callback as Callback))
    const late = new CountingHandle(() => 'late')
    list.add(late)
    expect([removed, list.all()]).toEqual([
      [1, 1],
      [handles[1], handles[2], handles[4], late],
    ])
  })

  it('removes all additions of a callback, and returns their number', () => {
    for (const others of [1, 100]) {
      const wanted = (): void => {}
      const rest = Array.from({ length: others }, () => new CountingHandle(() => {}))
      const list = listOf(rest.flatMap((handle) => [new CountingHandle(wanted), handle]))
      expect([list.remove(wanted), list.remove(wanted), list.all()]).toEqual([others, 0, rest])
    }
  })

  it('leaves waiters without a callback alone, such as Tasks and promises', () => {
    const task = { run() {}, wake() {} }
    const callback = (): void => {}
    for (const others of [1, 50]) {
      const list = listOf([task, ...Array.from({ length: others }, () => new CountingHandle(callback)), task])
      expect([list.remove(callback), list.all()]).toEqual([others, [task, task]])
    }
  })

  it('looks at each callback only a few times while very many are removed, in any order', () => {
    const orders: Record<string, (callbacks: Callback[]) => Callback[]> = {
      'first to last': (callbacks) => callbacks,
      'last to first': (callbacks) => callbacks.toReversed(),
      'from the middle': (callbacks) => callbacks.map((_, n) => callbacks[(n * 7919 + count / 2) % count] as Callback),
    }
    const asked: Record<string, boolean> = {}
    for (const [name, inOrder] of Object.entries(orders)) {
      const callbacks = Array.from({ length: count }, (): Callback => () => {})
      const list = listOf(callbacks.map((callback) => new CountingHandle(callback)))
      CountingHandle.asked = 0
      let removed = 0
      for (const callback of inOrder(callbacks)) removed += list.remove(callback)
      expect([removed, list.all().length]).toEqual([count, 0])
      asked[name] = CountingHandle.asked <= 4 * count
    }
    expect(asked).toEqual({ 'first to last': true, 'last to first': true, 'from the middle': true })
  })

  it('looks at each callback only a few times while very many are added and removed, with a thousand waiting at any time', () => {
    const callbacks = Array.from({ length: 1000 }, (): Callback => () => {})
    const list = listOf(callbacks.map((callback) => new CountingHandle(callback)))
    CountingHandle.asked = 0
    let removed = 0
    for (let n = 0; n < count; n++) {
      const callback: Callback = () => {}
      callbacks.push(callback)
      list.add(new CountingHandle(callback))
      removed += list.remove(callbacks[n] as Callback)
    }
    expect({ removed, left: list.all().length }).toEqual({ removed: count, left: 1000 })
    expect(CountingHandle.asked).toBeLessThanOrEqual(4 * count)
  })

  it('is the same as an array that is filtered', () => {
    const move = fc.oneof(fc.record({ add: fc.nat({ max: 8 }) }), fc.record({ remove: fc.nat({ max: 8 }) }))
    fc.assert(
      fc.property(fc.nat({ max: 80 }), fc.array(move, { maxLength: 120 }), fc.nat({ max: 10 }), (size, moves, look) => {
        const callbacks = Array.from({ length: 9 }, (): Callback => () => {})
        let model = Array.from({ length: size + 2 }, (_, n) => new CountingHandle(callbacks[n % 9] as Callback))
        const list = listOf(model)
        for (const [n, step] of moves.entries()) {
          if ('add' in step) {
            const handle = new CountingHandle(callbacks[step.add] as Callback)
            model.push(handle)
            list.add(handle)
          } else {
            const callback = callbacks[step.remove] as Callback
            const left = model.filter((handle) => handle.getCallback() !== callback)
            expect(list.remove(callback)).toBe(model.length - left.length)
            model = left
          }
          if (look > 0 && n % look === 0) expect(list.all()).toEqual(model)
        }
        const all = list.all()
        expect(all.length === model.length && all.every((handle, n) => handle === model[n])).toBe(true)
      }),
      { numRuns: randomCases(300) },
    )
  })
})
