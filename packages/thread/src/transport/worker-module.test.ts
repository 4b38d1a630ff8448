import { describe, expect, it } from 'vitest'
import { Thread, ThreadPoolExecutor } from '../index.ts'
import { workerModule } from './worker-module.ts'

const closures = workerModule<typeof import('./closures.fixture.ts')>(new URL('./closures.fixture.ts', import.meta.url))

describe('workerModule', () => {
  it('has functions for submit, map and Thread', () => {
    using executor = new ThreadPoolExecutor(1)
    expect(executor.submit(closures.twice, 10).result()).toBe(20)
    expect([...executor.map(closures.twice, [1, 2])]).toEqual([2, 4])
    expect(`${new Thread({ target: closures.twice, args: [1] })}`).toMatch(/\(twice\), initial\)>$/)
  })

  it('fails the call of a function that the module does not export', () => {
    using executor = new ThreadPoolExecutor(1)
    const { triple } = closures as unknown as Record<'triple', (n: number) => number>
    expect(() => executor.submit(triple, 1).result()).toThrow(
      /^triple\(\) at file:.*closures\.fixture\.[jt]s is not exported/,
    )
  })

  it('fails the call of an export that is not a function', () => {
    using executor = new ThreadPoolExecutor(1)
    const path = workerModule<Record<'sep', () => void>>('node:path')
    expect(() => executor.submit(path.sep).result()).toThrow(new TypeError("sep of node:path is not a function: '/'"))
  })

  it('has functions that cannot be called here', () => {
    expect(() => closures.twice(2)).toThrow(/^twice\(\) of workerModule\(.*\) runs in other threads only/)
  })

  it('refuses a value that is not the URL of a module', () => {
    expect(() => workerModule('./work.js')).toThrow(/^workerModule\(\) takes the URL of a module, got '\.\/work\.js'/)
    expect(() => workerModule(3 as never)).toThrow(/^workerModule\(\) takes the URL of a module, got 3\./)
  })
})
