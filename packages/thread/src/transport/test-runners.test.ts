import { afterAll, describe, expect, it, vi } from 'vitest'
import { ProcessPoolExecutor, ThreadPoolExecutor, workerModule } from '../index.ts'

// Code that a worker which imports this file must not run.
const listener = vi.fn()
const [first = 'none'] = vi.hoisted(() => ['first'])
if (import.meta.url === '') describe.each([first])('%s', () => listener())

export function triple(n: number): number {
  return 3 * n
}

export function expects(): void {
  expect(1).toBe(2)
}

describe('a test file', () => {
  const [threads, processes] = [new ThreadPoolExecutor(1), new ProcessPoolExecutor(1)]
  afterAll(() => {
    threads.shutdown()
    processes.shutdown()
  })

  it.each([
    ['threads', threads],
    ['processes', processes],
  ])('passes functions of its own to %s, which do not run its tests', (_, executor) => {
    const own = workerModule<{ triple: typeof triple }>(import.meta.url)
    expect([executor.submit(triple, 2).result(), executor.submit(own.triple, 3).result()]).toEqual([6, 9])
  })

  it('receives an error that there is no expect() elsewhere', () => {
    expect(() => threads.submit(expects).result()).toThrow(
      'expect of the test runner is not there in a thread or process of a test. Return what the test checks',
    )
  })
})
