// A hundred requests to two addresses, one after another. Look at: the ids, which are always the same, and the time,
// which is the sum of all. JavaScript's fetch() can't block: each answer is awaited before the next request is made,
// which comes to the same. Run: npx tsx examples/fetch100/fetch_sync.ts
// Prints: "22344 process | 0 url : http://127.0.0.1:…" a hundred times, the flags, then the seconds taken
// Next: fetch_gather.ts
import { pid } from 'node:process'
import { currentThread, isMain } from 'spindle/thread'
import { type Site, withSite } from '../support/flag_site.ts'

export async function fetcher(url: string): Promise<string> {
  console.log(`${pid} process | ${currentThread().ident} url : ${url}`)
  const response = await fetch(url)
  return response.text()
}

async function main(site: Site): Promise<void> {
  const urls = Array.from({ length: 100 }, (_, n) => `${site.url}/${n % 2 === 0 ? 'kr' : 'us'}.svg`)
  const results: string[] = []
  for (const url of urls) results.push(await fetcher(url))
  console.log(results)
}

if (isMain(import.meta))
  await withSite({ delay: 20 }, async (site) => {
    const begin = performance.now()
    await main(site)
    console.log((performance.now() - begin) / 1000)
  })
