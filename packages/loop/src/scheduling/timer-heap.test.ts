import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomCases } from '../../../../test/tooling/long-form.ts'
import { TimerHeap as InBrowser } from './timer-heap.browser.ts'
import { type LinkedTimer, TimerHeap as OnNode, type Timer } from './timer-heap.ts'

class TestTimer implements LinkedTimer {
  older: LinkedTimer | undefined = undefined
  readonly deadline: number
  readonly order: number
  #cancelled = false

  constructor(deadline: number, order: number) {
    this.deadline = deadline
    this.order = order
  }

  run(): void {}

  when(): number {
    return this.deadline
  }

  cancelled(): boolean {
    return this.#cancelled
  }

  cancel(): void {
    this.#cancelled = true
  }
}

/** The plainest thing that does the same. */
class SortedList {
  #timers: TestTimer[] = []

  add(timer: TestTimer): void {
    this.#timers.push(timer)
    this.#timers.sort((a, b) => a.deadline - b.deadline || a.order - b.order)
  }

  live(): TestTimer[] {
    this.#timers = this.#timers.filter((timer) => !timer.cancelled())
    return this.#timers
  }

  get earliest(): number {
    return this.live()[0]?.deadline ?? Number.POSITIVE_INFINITY
  }

  pop(): TestTimer | undefined {
    return this.live().shift()
  }
}

describe.each([
  ['TimerHeap', OnNode],
  ['TimerHeap in a browser', InBrowser],
])('%s', (_, TimerHeap) => {
  it('has no deadline while it is empty', () => {
    expect([new TimerHeap().earliest, new TimerHeap().length]).toEqual([Number.POSITIVE_INFINITY, 0])
  })

  it('returns equal deadlines in the order they were set', () => {
    const heap = new TimerHeap()
    for (let order = 0; order < 500; order++) heap.add(order % 3, new TestTimer(order % 3, order))
    const popped = Array.from({ length: 500 }, () => heap.pop() as TestTimer)
    const sorted = popped.toSorted((a, b) => a.deadline - b.deadline || a.order - b.order)
    expect(popped.map(({ order }) => order)).toEqual(sorted.map(({ order }) => order))
  })

  it('returns equal deadlines in the order they were set, whether linked or not', () => {
    const heap = new TimerHeap()
    for (let order = 0; order < 500; order++) {
      const timer = new TestTimer(order % 3, order)
      if (order % 7 < 4) heap.addLinked(timer)
      else heap.add(order % 3, timer)
      if (order % 50 === 0) expect(heap.earliest).toBe(0)
    }
    expect([heap.length, heap.earliest]).toEqual([500, 0])
    const popped = Array.from({ length: 500 }, () => heap.pop() as TestTimer)
    const sorted = popped.toSorted((a, b) => a.deadline - b.deadline || a.order - b.order)
    expect(popped.map(({ order }) => order)).toEqual(sorted.map(({ order }) => order))
  })

  it('keeps no timer alive through a cancelled, removed or dropped timer', () => {
    const heap = new TimerHeap()
    const timers = Array.from({ length: 1000 }, (_, order) => new TestTimer(order, order))
    for (const timer of timers) heap.addLinked(timer)
    for (const timer of timers.slice(0, 700)) {
      timer.cancel()
      heap.noteCancelled()
    }
    expect(heap.length).toBeLessThan(1000)
    expect(heap.earliest).toBe(700)
    heap.pop()
    for (const timer of timers.slice(0, 100)) heap.addLinked(timer)
    heap.clear()
    expect(timers.filter(({ older }) => older !== undefined)).toEqual([])
  })

  it('takes negative deadlines and endless ones', () => {
    const heap = new TimerHeap()
    const deadlines = [Number.POSITIVE_INFINITY, 5, Number.NEGATIVE_INFINITY, -5, Number.POSITIVE_INFINITY, 0]
    for (const [order, deadline] of deadlines.entries()) heap.add(deadline, new TestTimer(deadline, order))
    expect(deadlines.map(() => (heap.pop() as TestTimer).order)).toEqual([2, 3, 5, 1, 0, 4])
  })

  it('passes over a cancelled timer at the top', () => {
    const heap = new TimerHeap()
    const first = new TestTimer(1, 0)
    heap.add(1, first)
    heap.add(2, new TestTimer(2, 1))
    first.cancel()
    heap.noteCancelled()
    expect([heap.earliest, heap.length]).toEqual([2, 1])
  })

  it('does not grow while a million timers are set and cancelled', () => {
    const heap = new TimerHeap()
    let longest = 0
    for (let order = 0; order < 1_000_000; order++) {
      const timer = new TestTimer(1e9 - order, order)
      if (order % 2 === 0) heap.addLinked(timer)
      else heap.add(1e9 - order, timer)
      timer.cancel()
      heap.noteCancelled()
      longest = Math.max(longest, heap.length)
    }
    expect(longest).toBeLessThanOrEqual(130)
  })

  it('sweeps 100,000 cancelled timers out from among a few that stay', () => {
    const heap = new TimerHeap()
    const timers = Array.from({ length: 100_000 }, (_, order) => new TestTimer(100_000 - order, order))
    for (const timer of timers) heap.addLinked(timer)
    const stay = new Set(timers.filter(({ order }) => order % 20_000 === 7))
    for (const timer of timers) {
      if (stay.has(timer)) continue
      timer.cancel()
      heap.noteCancelled()
    }
    const length = heap.length
    const left: Timer[] = []
    while (heap.earliest < Number.POSITIVE_INFINITY) left.push(heap.pop())
    expect(length).toBeLessThan(200)
    expect(left).toEqual([...stay].toReversed())
  })

  it('keeps its timers when others are cancelled after they were taken out', () => {
    const heap = new TimerHeap()
    const kept = Array.from({ length: 100 }, (_, order) => new TestTimer(order, order))
    for (const timer of kept) heap.add(timer.deadline, timer)
    for (let n = 0; n < 10_000; n++) heap.noteCancelled() // each was popped, has run, and was cancelled then
    expect(kept.map(() => heap.pop())).toEqual(kept)
  })

  it('behaves like a sorted list for random additions, cancellations and removals', () => {
    const move = fc.oneof(
      fc.record({ add: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 120 }), isLinked: fc.boolean() }),
      fc.record({ take: fc.integer({ min: 1, max: 60 }) }),
      fc.record({ cancel: fc.array(fc.nat({ max: 1000 }), { maxLength: 150 }) }),
    )
    fc.assert(
      fc.property(fc.array(move, { maxLength: 25 }), (moves) => {
        const heap = new TimerHeap()
        const model = new SortedList()
        const added: TestTimer[] = []
        const taken = new Set<TestTimer>()
        const takeBoth = (): void => {
          expect(heap.earliest).toBe(model.earliest)
          const expected = model.pop()
          if (expected === undefined) return
          taken.add(expected)
          expect(heap.pop()).toBe(expected)
        }
        for (const step of moves) {
          if ('add' in step) {
            for (const deadline of step.add) {
              const timer = new TestTimer(deadline, added.length)
              added.push(timer)
              if (step.isLinked) heap.addLinked(timer)
              else heap.add(deadline, timer)
              model.add(timer)
            }
          } else if ('take' in step) {
            for (let n = 0; n < step.take; n++) takeBoth()
          } else {
            for (const choice of step.cancel) {
              const timer = added[choice % Math.max(1, added.length)]
              if (timer === undefined || timer.cancelled() || taken.has(timer)) continue
              timer.cancel()
              heap.noteCancelled()
            }
          }
          const live = model.live().length
          expect(heap.length).toBeGreaterThanOrEqual(live)
          expect(heap.length).toBeLessThanOrEqual(2 * live + 66)
        }
        while (model.live().length > 0) takeBoth()
        expect(heap.earliest).toBe(Number.POSITIVE_INFINITY)
      }),
      { numRuns: randomCases(300) },
    )
  })

  it('is still in order after a sweep, whichever timers were cancelled', () => {
    const deadline = fc.integer({ min: 0, max: 1000 })
    const timers = fc.array(fc.record({ deadline, isKept: fc.integer({ min: 0, max: 4 }) }), {
      minLength: 150,
      maxLength: 400,
      size: 'max',
    })
    fc.assert(
      fc.property(timers, (chosen) => {
        const heap = new TimerHeap()
        const kept: TestTimer[] = []
        const all = chosen.map(({ deadline }, order) => new TestTimer(deadline, order))
        for (const timer of all) heap.addLinked(timer)
        for (const [n, timer] of all.entries()) {
          if (chosen[n]?.isKept === 0) {
            kept.push(timer)
          } else {
            timer.cancel()
            heap.noteCancelled()
          }
        }
        kept.sort((a, b) => a.deadline - b.deadline || a.order - b.order)
        const popped: Timer[] = []
        while (heap.earliest < Number.POSITIVE_INFINITY) popped.push(heap.pop())
        expect(popped.map((timer) => (timer as TestTimer).order)).toEqual(kept.map(({ order }) => order))
      }),
      { numRuns: randomCases(200) },
    )
  })

  it('is empty after clear(), and can be used again', () => {
    const heap = new TimerHeap()
    for (let order = 0; order < 200; order++) heap.add(order, new TestTimer(order, order))
    heap.clear()
    const length = heap.length
    const timer = new TestTimer(3, 201)
    heap.add(3, timer)
    expect([length, heap.earliest, heap.pop()]).toEqual([0, 3, timer])
  })
})
