// Crawls a web site with ten workers that share a queue. Look at: read(), where a page has five seconds, and one that
// fails is tried again; and the `finally` of main(), which has something to tell after a Ctrl-C, too.
// Run: npx tsx examples/crawler/crawler.ts     or with --url, --workers, --timeout (ms)
// Prints: how many pages there are, and which links are broken     Next: ../proxy/proxy.ts
import { parseArgs } from 'node:util'
import {
  type Coroutine,
  call,
  forEach,
  moveOnAfter,
  Queue,
  rethrowIfCancelled,
  retry,
  taskGroup,
  timeout,
} from 'spindle'
import { ticks } from 'spindle/more'
import { runMain } from 'spindle/node'
import { Site } from './site.ts'

const queue = new Queue<string>()
const seen = new Set<string>()
const pages = new Map<string, string>() // by address, their titles
const broken = new Map<string, unknown>()
let repeated = 0
let atOnce = 0 // requests, now
let mostAtOnce = 0

function add(url: string): void {
  if (seen.has(url)) return
  seen.add(url)
  queue.putNowait(url)
}

/** Reads a page. A failed request is retried, each time after twice the delay. */
function* read(url: string): Coroutine<string> {
  return yield* retry(() => timeout(5000, () => call((signal) => get(url, signal))), {
    attempts: 4,
    backoff: 50,
    retryIf(error) {
      if ((error as Error).message.startsWith('404')) return false
      repeated++
      return true
    },
  })
}

async function get(url: string, signal: AbortSignal): Promise<string> {
  mostAtOnce = Math.max(mostAtOnce, ++atOnce)
  try {
    const response = await fetch(url, { signal })
    const text = await response.text()
    if (!response.ok) throw new Error(`${response.status} ${text}`)
    return text
  } finally {
    atOnce--
  }
}

function* work(): Coroutine<void> {
  yield* forEach(queue, function* (url) {
    try {
      const html = yield* read(url)
      pages.set(url, /<title>(.*?)<\/title>/.exec(html)?.[1] ?? '')
      for (const [, href] of html.matchAll(/<a href="(.*?)"/g)) {
        const link = new URL(href as string, url)
        if (link.origin === new URL(url).origin) add(link.href)
      }
    } catch (error) {
      rethrowIfCancelled(error)
      broken.set(url, error)
    } finally {
      queue.taskDone()
    }
  })
}

/** Draws a progress bar ten times a second. The number of known pages grows, so the bar may move back. */
function* showProgress(): Coroutine<void> {
  try {
    yield* forEach(ticks(100), function* () {
      const done = pages.size + broken.size
      const bar = '#'.repeat(Math.floor((30 * done) / seen.size)).padEnd(30, '.')
      process.stderr.write(`\r[${bar}] ${done} of ${seen.size}`)
    })
  } finally {
    process.stderr.write('\n')
  }
}

function* crawl(url: string, workers: number): Coroutine<void> {
  if (!(workers >= 1)) throw new RangeError(`--workers must be at least 1, got ${workers}`)
  yield* taskGroup(function* (group) {
    for (let n = 1; n <= workers; n++) group.createTask(work(), { name: `worker ${n}` })
    group.createTask(showProgress())
    add(url)
    yield* queue.join() // until there is nothing left to do
    group.cancel()
  })
}

function* main(args: string[]): Coroutine<void> {
  const options = { url: { type: 'string' }, workers: { type: 'string' }, timeout: { type: 'string' } } as const
  const { url, workers = '10', timeout = '120000' } = parseArgs({ args, options }).values
  const site = new Site()
  try {
    const start = url ?? (yield* site.start())
    const end = yield* moveOnAfter(Number(timeout), function* () {
      yield* crawl(start, Number(workers))
      return 'all is read'
    })
    console.log(end ?? 'time is up')
  } finally {
    console.log(`${pages.size} pages, ${repeated} requests repeated, at most ${mostAtOnce} at once`)
    for (const [address, error] of [...broken].sort()) console.log(`${new URL(address).pathname}: ${error}`)
    site.close()
  }
}

await runMain(main(process.argv.slice(2)))
