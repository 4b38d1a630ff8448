import type { AsyncHooks, AsyncScope } from '@spindle/loop/internal'
import { describe, expect, it } from 'vitest'
import { HostStores } from './host-stores.ts'

// As on Bun and Deno, where a resource shows neither a frame nor stores.
class Resource implements AsyncScope {
  asyncId(): number {
    return 0
  }
  runInAsyncScope<T extends object>(callback: (this: T) => void, thisArg: T): void {
    callback.call(thisArg)
  }
}

function opaqueHooks(): AsyncHooks {
  class Storage {
    getStore(): unknown {
      return undefined
    }
    enterWith(): void {}
    run(_store: unknown, callback: unknown): unknown {
      return (callback as () => unknown)()
    }
  }
  return {
    AsyncResource: Resource,
    AsyncLocalStorage: Storage,
    executionAsyncId: () => 0,
    executionAsyncResource: () => ({}),
    createHook: () => ({}),
  }
}

describe('stores that cannot be seen', () => {
  it('are one scope for all Tasks until a storage is used', () => {
    const hooks = opaqueHooks()
    const stores = new HostStores(hooks)
    const none = stores.capture()
    expect({ areUsed: stores.areUsed, captured: stores.capture() }).toEqual({ areUsed: false, captured: none })
    expect(stores.capture()).toBe(none)
    new hooks.AsyncLocalStorage().run('a user', () => {
      expect(stores.areUsed).toBe(true)
      expect(stores.capture()).not.toBe(none)
    })
  })

  it('are captured after a step only if it has changed them', () => {
    const hooks = opaqueHooks()
    const stores = new HostStores(hooks)
    const storage = new hooks.AsyncLocalStorage()
    storage.enterWith('a user')
    const scope = stores.capture()
    const { changes } = stores
    expect(stores.after(scope, changes, undefined)).toBe(scope)
    storage.enterWith('another')
    expect(stores.after(scope, changes, undefined)).not.toBe(scope)
  })
})
