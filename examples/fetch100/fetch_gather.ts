// The hundred requests of fetch_sync.ts all at once, on an event loop. Look at: gather(), and the ids: one process, one
// thread.
// Run: npx tsx examples/fetch100/fetch_gather.ts
// Prints: "22344 process | 0 url : http://127.0.0.1:…" a hundred times, the flags, then the seconds taken
// Next: fetch_threadpool.ts
import { pid } from 'node:process'
import { type Coroutine, call, gather, run } from 'spindle'
import { currentThread, isMain } from 'spindle/thread'
import { type Site, withSite } from '../support/flag_site.ts'

function* fetcher(url: string): Coroutine<string> {
  console.log(`${pid} process | ${currentThread().ident} url : ${url}`)
  return yield* call(async (signal) => {
    const response = await fetch(url, { signal })
    return response.text()
  })
}

function* main(site: Site): Coroutine<void> {
  const urls = Array.from({ length: 100 }, (_, n) => `${site.url}/${n % 2 === 0 ? 'kr' : 'us'}.svg`)
  const results = yield* gather(urls.map((url) => fetcher(url)))
  console.log(results)
}

if (isMain(import.meta))
  await withSite({ delay: 20 }, async (site) => {
    const begin = performance.now()
    await run(main(site))
    console.log((performance.now() - begin) / 1000)
  })
