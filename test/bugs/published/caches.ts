// Races in caches and stores.

import { duration } from '@spindle/testing'
import { must, type PublishedRace, wait } from './race.ts'

interface Cache {
  fetch(key: string, options: { signal: AbortSignal }): Promise<string | undefined>
  get(key: string): string | undefined
}

interface Memoize {
  default(fn: (key: string) => Promise<string>, options: { readonly cache: object }): (key: string) => Promise<string>
}

interface QueryUser {
  subscribe(listener: () => void): () => void
  getCurrentResult(): { readonly data: unknown; readonly fetchStatus: string }
}

interface Queries {
  readonly QueryClient: new () => { mount(): void; unmount(): void; clear(): void }
  readonly QueryObserver: new (
    client: object,
    options: { queryFn(context: { readonly signal: AbortSignal }): Promise<string>; readonly [name: string]: unknown },
  ) => QueryUser
  readonly onlineManager: { setOnline(isOnline: boolean): void }
}

interface Stores {
  createStore(initializer: unknown): {
    getState(): { readonly saved: number }
    readonly persist: { rehydrate(): Promise<void> }
  }
  persist(initializer: () => { saved: number }, options: object): unknown
}

interface AsyncStates {
  useAsyncState(
    load: (text: string) => Promise<string>,
    initial: string,
    options: object,
  ): { readonly state: { readonly value: string }; execute(delay: number, text: string): Promise<string> }
}

interface SwrCaches {
  createStaleWhileRevalidateCache(
    options: object,
  ): (key: string, load: () => Promise<string>) => Promise<{ readonly value: string }>
}

export const caches: readonly PublishedRace[] = [
  {
    name: 'a value that is fetched after its first caller has left is not kept',
    source: 'isaacs/node-lru-cache#388',
    broken: 'lru-cache-11.2.1',
    fixed: 'lru-cache-11.2.2',
    async program({ LRUCache }: { readonly LRUCache: new (options: object) => Cache }) {
      const cache = new LRUCache({
        max: 10,
        ignoreFetchAbort: true,
        allowStaleOnFetchAbort: true,
        async fetchMethod(key: string): Promise<string> {
          await wait(10)
          return `the value of ${key}`
        },
      })
      const controller = new AbortController()
      setTimeout(() => controller.abort(new Error('the caller leaves')), 30)
      await cache.fetch('key', { signal: controller.signal })
      await wait(100)
      must(cache.get('key') === 'the value of key', 'the value was fetched, and is not there')
    },
  },
  {
    name: 'a value is loaded again while it is still being stored',
    source: 'sindresorhus/p-memoize#34',
    broken: 'p-memoize-6.0.1',
    fixed: 'p-memoize-7.1.1',
    async program({ default: memoize }: Memoize) {
      const values = new Map<string, string>()
      const cache = {
        has: (key: string) => values.has(key),
        get: (key: string) => values.get(key),
        set: (key: string, value: string) => wait(10).then(() => values.set(key, value)),
      }
      let loads = 0
      const load = memoize(async (key) => `value ${++loads} of ${key}`, { cache })
      await load('a')
      await wait(20)
      await load('a')
      must(loads === 1, `it is loaded ${loads} times`)
    },
  },
  {
    name: 'a query that is left and used again at once is never loaded',
    source: 'TanStack/query#9601',
    broken: 'query-core-5.85.5',
    fixed: 'query-core-5.85.6',
    async program({ QueryClient, QueryObserver }: Queries) {
      const client = new QueryClient()
      const observe = (): QueryUser =>
        new QueryObserver(client, {
          queryKey: ['user'],
          retry: false,
          staleTime: 60_000,
          async queryFn({ signal }) {
            await wait(duration(10, 1_000))
            signal.throwIfAborted()
            return 'the user'
          },
        })
      const leave = observe().subscribe(() => {})
      await wait(30)
      leave()
      const second = observe()
      const leaveSecond = second.subscribe(() => {})
      await wait(500)
      const { data, fetchStatus } = second.getCurrentResult()
      leaveSecond()
      client.clear()
      must(data === 'the user' || fetchStatus === 'fetching', `the query is ${fetchStatus}, and has no data`)
    },
  },
  {
    name: 'a query that was never loaded is loaded when nobody needs it any more',
    source: 'TanStack/query#10291',
    broken: 'query-core-5.91.0',
    fixed: 'query-core-5.91.2',
    async program({ QueryClient, QueryObserver, onlineManager }: Queries) {
      onlineManager.setOnline(true)
      const client = new QueryClient()
      client.mount()
      setTimeout(() => onlineManager.setOnline(false), 20)
      setTimeout(() => onlineManager.setOnline(true), 60)
      let isNeeded = true
      let loadedInVain = 0
      await wait(10)
      const leave = new QueryObserver(client, {
        queryKey: ['user'],
        async queryFn() {
          if (!isNeeded) loadedInVain++
          await wait(1)
          return 'the user'
        },
      }).subscribe(() => {})
      await wait(15)
      isNeeded = false
      leave()
      await wait(200)
      client.unmount()
      client.clear()
      onlineManager.setOnline(true)
      must(loadedInVain === 0, 'it is loaded, and nobody needs it')
    },
  },
  {
    name: 'a store that is loaded twice keeps the older state',
    source: 'pmndrs/zustand#3336',
    broken: 'zustand-5.0.9',
    fixed: 'zustand-5.0.10',
    entries: ['/vanilla', '/middleware'],
    async program({ createStore, persist }: Stores) {
      let saved = 1
      const storage = {
        async getItem() {
          const state = { saved }
          await wait(10)
          return { state, version: 0 }
        },
        setItem() {},
        removeItem() {},
      }
      const store = createStore(persist(() => ({ saved: 0 }), { name: 'store', storage, skipHydration: true }))
      const first = store.persist.rehydrate()
      await wait(20)
      saved = 2
      await Promise.all([first, store.persist.rehydrate()])
      must(store.getState().saved === 2, `the store has ${store.getState().saved}, and 2 is saved`)
    },
  },
  {
    name: 'a value that was asked for earlier, and comes later, replaces the newer one',
    source: 'vueuse/vueuse#5038',
    broken: 'vueuse-core-13.9.0',
    fixed: 'vueuse-core-14.0.0',
    async program({ useAsyncState }: AsyncStates) {
      const search = async (text: string): Promise<string> => {
        await wait(10)
        return `results for ${text}`
      }
      const { state, execute } = useAsyncState(search, '', { immediate: false, resetOnExecute: false })
      const first = execute(0, 'r')
      await wait(20)
      await Promise.all([first, execute(0, 'ra')])
      must(state.value === 'results for ra', `${state.value} are shown`)
    },
  },
  {
    name: 'a value is loaded twice, if it is asked for while it is loaded',
    source: 'jperasmus/stale-while-revalidate-cache#30',
    broken: 'stale-while-revalidate-cache-3.1.3',
    fixed: 'stale-while-revalidate-cache-3.2.1',
    async program({ createStaleWhileRevalidateCache }: SwrCaches) {
      const values = new Map<string, unknown>()
      const storage = {
        getItem: async (key: string) => values.get(key) ?? null,
        setItem: async (key: string, value: unknown) => void values.set(key, value),
      }
      const swr = createStaleWhileRevalidateCache({ storage, minTimeToStale: 1e6, maxTimeToLive: 1e7 })
      let loads = 0
      const load = async (): Promise<string> => {
        loads++
        await wait(10)
        return 'the value'
      }
      await Promise.all([swr('key', load), wait(20).then(() => swr('key', load))])
      must(loads === 1, `it is loaded ${loads} times`)
    },
  },
]
