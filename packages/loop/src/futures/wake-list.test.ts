import { describe, expect, it } from 'vitest'
import { newLoop } from '../new-loop.fixture.ts'
import type { Callback } from '../scheduling/check-callback.ts'
import { Handle } from '../scheduling/handle.ts'
import { WakeList } from './wake-list.ts'

const loop = newLoop()

function handleOf(callback: Callback): Handle {
  return new Handle(loop, callback, [], undefined)
}

function listOf([first, second, ...more]: readonly Handle[]): WakeList {
  const list = new WakeList(first as Handle, second as Handle)
  for (const handle of more) list.add(handle)
  return list
}

describe('WakeList', () => {
  it('keeps the order of arrival through removals', () => {
    const callbacks = ['a', 'b', 'c', 'd', 'e'].map((name) => Object.assign(() => name, { called: name }))
    const handles = callbacks.map(handleOf)
    const list = listOf(handles)
    const removed = [callbacks[0], callbacks[3]].map((callback) => list.remove(callback as Callback))
    const late = handleOf(() => 'late')
    list.add(late)
    expect({ removed, left: list.all() }).toEqual({ removed: [1, 1], left: [handles[1], handles[2], handles[4], late] })
  })

  it('removes all additions of a callback, and returns their number', () => {
    const wanted = (): void => {}
    const rest = [handleOf(() => {}), handleOf(() => {})]
    const list = listOf(rest.flatMap((handle) => [handleOf(wanted), handle]))
    expect([list.remove(wanted), list.remove(wanted), list.all()]).toEqual([2, 0, rest])
  })

  it('leaves waiters without a callback alone, such as Tasks and promises', () => {
    const callback = (): void => {}
    const [task, other] = [{ wake() {} }, { wake() {} }]
    const list = new WakeList(task, handleOf(callback))
    list.add(other)
    expect([list.remove(callback), list.all()]).toEqual([1, [task, other]])
  })

  it('removes very many waiters one by one in any order, without a search for each', () => {
    const handles = Array.from({ length: 20_000 }, () => handleOf(() => {}))
    const fromTheMiddle = handles.map((_, n) => handles[(n * 7919 + 10_000) % handles.length] as Handle)
    const list = listOf(handles)
    const removed = fromTheMiddle.filter((handle) => list.removeOne(handle)).length
    for (const handle of handles) list.add(handle)
    const again = fromTheMiddle.filter((handle) => list.remove(handle.getCallback() as Callback) === 1).length
    expect({ removed, again, left: list.all() }).toEqual({ removed: handles.length, again: handles.length, left: [] })
  })
})
