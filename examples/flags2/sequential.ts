// Downloads flags one by one, with options, a progress bar and counts. Look at: download(), and what Ctrl-C does: the
// signal aborts the request that is under way, and the error ends the loop.
// Run: npx tsx examples/flags2/sequential.ts     (with `--help` it lists its options; try `-s DELAY` and `-s ERROR -v`)
// Prints: a bar on a terminal, then "20 flags downloaded." and what was not found or failed     Next: threadpool.ts
import { isMain } from 'spindle/thread'
import { downloadFlag, type Order, withOrder } from '../support/flag_options.ts'

async function download({ codes, url, folder, count }: Order, signal: AbortSignal): Promise<void> {
  for (const cc of codes) {
    const status = await downloadFlag(cc, url, folder, signal)
    count(cc, status)
  }
}

if (isMain(import.meta)) await withOrder(1, 1, download)
