// Downloads eight flags and waits after each, one by one. Look at: downloadMany(), where the next begins when the last
// has been waited for.
// Run: npx tsx examples/save_flags/download1.ts
// It waits a second each time; with `--wait 100` less. `--into flags` keeps the flags in that folder; otherwise they
// are removed at the end.
// Prints: "CA DE FR GB IT JP KR US Count: 8", and "Time: 8.1…": the sum of all
// Next: download2.ts
import { stdout } from 'node:process'
import { isMain, threading } from 'spindle/thread'
import { type Site, saveFlag, withSite } from '../support/flag_site.ts'

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

async function downloadMany(site: Site): Promise<number> {
  const results = []
  for (const cc of CODES) results.push(await downloadOne(cc, site))
  return results.length
}

async function main(site: Site): Promise<void> {
  const begin = performance.now()
  const count = await downloadMany(site)
  console.log(`Count: ${count}`)
  console.log(`Time: ${((performance.now() - begin) / 1000).toFixed(6)}`)
}

if (isMain(import.meta)) await withSite({ wait: 1000 }, main)
