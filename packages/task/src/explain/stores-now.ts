import { hostProcess } from '@spindle/loop/internal'

/**
 * The stores of `AsyncLocalStorage` that the running code sees, by storage or by what stands for it. An AsyncResource
 * holds them: each in a property (Node 20 and 22), or all in one map (Node 24). Empty in other runtimes.
 */
export function storesNow(): ReadonlyMap<unknown, unknown> {
  const stores = new Map<unknown, unknown>()
  const hooks = hostProcess()?.getBuiltinModule?.('node:async_hooks')
  if (hooks === undefined) return stores
  const resource = new hooks.AsyncResource('SpindleTask') as unknown as Record<symbol, unknown>
  for (const key of Object.getOwnPropertySymbols(resource)) {
    const kept = resource[key]
    if (key.description === 'kResourceStore') stores.set(key, kept)
    // The frame is a Map whose class hides that.
    if (key.description === 'context_frame' && kept) return new Map(Map.prototype.entries.call(kept))
  }
  return stores
}
