// The same hundred requests on a pool of threads. Look at: the ids of the threads; with one of them it takes as long as
// fetch_sync.ts.
// Run: npx tsx examples/fetch100/fetch_threadpool.ts     (on one thread, `--workers 20` takes many)
// Prints: "22344 process | 3 url : http://127.0.0.1:…" a hundred times, the flags, then the seconds taken
// Next: ../cpu_bound/cpu_sequential.ts
import { pid } from 'node:process'
import { currentThread, isMain, ThreadPoolExecutor } from 'spindle/thread'
import { type Site, withSite } from '../support/flag_site.ts'

export async function fetcher(url: string): Promise<string> {
  console.log(`${pid} process | ${currentThread().ident} url : ${url}`)
  const response = await fetch(url)
  return response.text()
}

function main(site: Site): void {
  const urls = Array.from({ length: 100 }, (_, n) => `${site.url}/${n % 2 === 0 ? 'kr' : 'us'}.svg`)
  using executor = new ThreadPoolExecutor(site.workers)
  const results = [...executor.map(fetcher, urls)]
  console.log(results)
}

if (isMain(import.meta))
  await withSite({ delay: 10, workers: 1 }, (site) => {
    const begin = performance.now()
    main(site)
    console.log((performance.now() - begin) / 1000)
  })
