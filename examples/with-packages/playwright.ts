// A page that a browser loads and reads, stopped half-way. Look at: read(), where a stop closes the context, because
// nothing else ends a navigation; and the release, after which the browser has no context and no request any more.
// Recipe for playwright-core: `context.close()`, which ends a navigation, but leaves a pending `newPage()` unsettled
// Write: `resource` for the context; `call(() => context.newPage())`, then the rest in `call((signal) => …)`
// Run: npx tsx examples/with-packages/playwright.ts     with --stops 1000, for example; apt-get install chromium
// Prints: the answer in the page, and what stops at random moments leave     Next: pool.ts
import { setTimeout as pause } from 'node:timers/promises'
import { chromium, type Page } from 'playwright-core'
import { type Coroutine, call, resource } from 'spindle'
import { runMain } from 'spindle/node'
import { serving } from '../support/serving.ts'
import { stopped } from '../support/stopped.ts'

const PAGE = `<p></p><script>fetch('/answer').then((answer) => answer.text())
  .then((text) => { document.querySelector('p').innerHTML = '<b>' + text + '</b>' })</script>`

const server = await serving(async (request, response) => {
  await pause(20)
  response.setHeader('content-type', 'text/html').end(request.url === '/' ? PAGE : 'forty-two')
})
const browser = await chromium.launch({
  executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
  ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false }, // runMain does that
  args: ['--no-sandbox', '--disable-gpu', '--renderer-process-limit=1'],
})

async function answerIn(page: Page): Promise<string | null> {
  await page.goto(server.url)
  return await page.locator('b').textContent() // waits until there is one
}

function* read(): Coroutine<string | null> {
  return yield* resource(
    () => browser.newContext(),
    (context) => context.close(),
    function* (context) {
      const page = yield* call(() => context.newPage()) // takes no signal: stopped meanwhile, it would never settle
      return yield* call(async (signal) => {
        let closing: Promise<void> | undefined
        signal.addEventListener('abort', () => (closing = context.close()), { once: true })
        return await answerIn(page).finally(() => closing)
      })
    },
  )
}

/** In plain TypeScript. */
async function readPlain(signal: AbortSignal): Promise<string | null> {
  const context = await browser.newContext()
  const stop = (): void => void context.close()
  try {
    const page = await context.newPage()
    signal.throwIfAborted()
    signal.addEventListener('abort', stop, { once: true })
    return await answerIn(page)
  } finally {
    signal.removeEventListener('abort', stop)
    await context.close()
  }
}

const held = (): number => browser.contexts().length + server.open()
await runMain(stopped({ spindle: read, plain: readPlain, held, processes: false })) // the browser keeps some for later
await browser.close()
server.close()
