// The hundred requests of fetch_sync.ts on a pool of five threads. Look at: the ids of the threads; and ready(), before
// which no time is measured.
// Run: npx tsx examples/fetch100/fetch_threadpool.ts     (with `--workers 1` it takes as long as fetch_sync.ts)
// Prints: "22344 process | 3 url : http://127.0.0.1:…" a hundred times, the flags, then the seconds taken
// Next: ../cpu_bound/cpu_sequential.ts
import { pid } from 'node:process'
import { currentThread, isMain, ThreadPoolExecutor } from 'spindle/thread'
import { connect, type Site, withSite } from '../support/flag_site.ts'

export async function fetcher(url: string): Promise<string> {
  console.log(`${pid} process | ${currentThread().ident} url : ${url}`)
  const response = await fetch(url)
  return response.text()
}

/** What each thread does before the time is measured. It loads this module for that. */
export async function getReady(site: Site): Promise<void> {
  await connect(site)
}

function main(executor: ThreadPoolExecutor<typeof getReady>, site: Site): void {
  const urls = Array.from({ length: 100 }, (_, n) => `${site.url}/${n % 2 === 0 ? 'kr' : 'us'}.svg`)
  const results = [...executor.map(fetcher, urls)]
  console.log(results)
}

if (isMain(import.meta))
  await withSite({ delay: 20, workers: 5 }, async (site) => {
    const executor = new ThreadPoolExecutor(site.workers, { initializer: getReady, initArgs: [site] })
    await executor.ready() // the start of threads is not what is measured
    const begin = performance.now()
    main(executor, site)
    console.log((performance.now() - begin) / 1000)
    executor.shutdown()
  })
