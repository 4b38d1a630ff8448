// Downloads eight flags and waits after each, on eight threads. Look at: downloadMany(), and ready(), before which no
// time is measured. The rest is download1.ts.
// Run: npx tsx examples/save_flags/download2.ts
// It waits a second each time; with `--wait 100` less. `--workers 4` takes fewer threads. `--into flags` keeps the
// flags in that folder.
// Prints: the codes as the threads end, "Count: 8", and "Time: 1.0…": one wait
// Next: ../flags/flags.ts
import { stdout } from 'node:process'
import { isMain, ThreadPoolExecutor, threading } from 'spindle/thread'
import { connect, type Site, saveFlag, withSite } from '../support/flag_site.ts'

const CODES = ['CA', 'DE', 'FR', 'GB', 'IT', 'JP', 'KR', 'US']

export async function downloadOne(cc: string, site: Site): Promise<string> {
  const response = await fetch(`${site.url}/${cc.toLowerCase()}.svg`)
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}: ${response.url}`)
  const image = await response.arrayBuffer()
  saveFlag(new Uint8Array(image), `${cc.toLowerCase()}.svg`, site.folder)
  threading.sleep(site.wait) // blocks this thread, as a slow disk would
  stdout.write(`${cc} `)
  return cc
}

/** What each thread does before the time is measured. It loads this module for that. */
export async function getReady(site: Site): Promise<void> {
  await connect(site)
}

function downloadMany(executor: ThreadPoolExecutor<typeof getReady>, site: Site): number {
  const sites = CODES.map(() => site)
  const results = executor.map(downloadOne, CODES, sites)
  return [...results].length
}

async function main(site: Site): Promise<void> {
  const executor = new ThreadPoolExecutor(site.workers, { initializer: getReady, initArgs: [site] })
  await executor.ready() // the start of threads is not what is measured
  const begin = performance.now()
  const count = downloadMany(executor, site)
  console.log(`Count: ${count}`)
  console.log(`Time: ${((performance.now() - begin) / 1000).toFixed(6)}`)
  executor.shutdown()
}

if (isMain(import.meta)) await withSite({ wait: 1000, workers: 8 }, main)
