import { RuntimeError } from '@spindle/loop'
import { describe, expect, it } from 'vitest'
import { Condition, Lock, RLock, sleep } from '../index.ts'

describe('Condition', () => {
  it('needs its lock', () => {
    for (const condition of [new Condition(), new Condition(new Lock())]) {
      expect(() => condition.wait({ timeout: 1 })).toThrow(new RuntimeError('cannot wait on un-acquired lock'))
      expect(() => condition.notify()).toThrow(new RuntimeError('cannot notify on un-acquired lock'))
      expect(() => condition.notifyAll()).toThrow(RuntimeError)
    }
  })

  it('refuses a value that is not a lock of threads', () => {
    expect(() => new Condition(3 as never)).toThrow(new TypeError('lock must be a Lock or an RLock of threads, got 3'))
  })

  it('reports whether its lock is taken', () => {
    const condition = new Condition()
    expect(condition.locked()).toBe(false)
    condition.acquire()
    expect(condition.locked()).toBe(true)
    condition.release()
    expect(condition.locked()).toBe(false)
  })

  it('has its lock again after a wait, taken as often as before', () => {
    const lock = new RLock()
    const condition = new Condition(lock)
    condition.acquire()
    condition.acquire()
    expect(condition.wait({ timeout: 5 })).toBe(false)
    expect(`${condition}`).toMatch(/^<Condition\(<locked RLock object owner=\d+ count=2 at 0x7f[0-9a-f]{10}>, 0\)>$/)
    condition.release()
    condition.release()
    expect(lock.locked()).toBe(false)
  })

  it('returns the result of the predicate, at once or when it times out', () => {
    const condition = new Condition()
    using _ = condition.hold()
    let asked = 0
    expect(condition.waitFor(() => 'there')).toBe('there')
    const isSlow = (): boolean => {
      sleep(++asked * 5)
      return asked > 5
    }
    expect({ result: condition.waitFor(isSlow, { timeout: 1 }), asked }).toEqual({ result: false, asked: 2 })
  })
})
