// Downloads the flags of the 20 countries with the most people, one after another. Look at: downloadMany(). The other
// variants of this program replace it, and take the rest from here.
// Run: npx tsx examples/flags/flags.ts
// `--delay 500` has the server take longer to answer. `--into flags` keeps the flags in that folder; otherwise they are
// removed at the end.
// Prints: "BD BR CD CN … VN", then "20 flags downloaded in 2.2…s"
// Next: flags_threadpool.ts
import { stdout } from 'node:process'
import { isMain } from 'spindle/thread'
import { connect, POP20, type Site, saveFlag, withSite } from '../support/flag_site.ts'

export async function getFlag(cc: string, site: Site, signal?: AbortSignal): Promise<Uint8Array> {
  const response = await fetch(`${site.url}/${cc.toLowerCase()}.svg`, signal ? { signal } : {})
  if (!response.ok) throw new Error(`${response.status} ${response.statusText}: ${response.url}`)
  return new Uint8Array(await response.arrayBuffer())
}

export async function downloadOne(cc: string, site: Site): Promise<string> {
  const image = await getFlag(cc, site)
  saveFlag(image, `${cc.toLowerCase()}.svg`, site.folder)
  stdout.write(`${cc} `)
  return cc
}

async function downloadMany(codes: readonly string[], site: Site): Promise<number> {
  const results = []
  for (const cc of [...codes].sort()) results.push(await downloadOne(cc, site))
  return results.length
}

type DownloadMany = (codes: readonly string[], site: Site) => Promise<number> | number

export async function main(downloadMany: DownloadMany, workers = 1): Promise<void> {
  await withSite({ delay: 100, workers }, (site) => report(() => downloadMany(POP20, site)))
}

/** What each worker of a pool does before the time is measured. It loads this module for that. */
export async function getReady(site: Site): Promise<void> {
  await connect(site)
}

/** Prints how many flags were downloaded, and how long that took. */
export async function report(download: () => Promise<number> | number): Promise<void> {
  const begin = performance.now()
  const count = await download()
  console.log(`\n${count} flags downloaded in ${((performance.now() - begin) / 1000).toFixed(2)}s`)
}

if (isMain(import.meta)) await main(downloadMany)
