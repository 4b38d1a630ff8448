// The built page, served from a sub-path, in the system's Chromium.

import { execSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core'

const root = new URL('../../../', import.meta.url)
const folder = fileURLToPath(new URL('apps/lab/', root))
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' }
const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Where the system's Chromium is. @throws Error that says how to get it */
function findChromium(): string {
  const found = CHROMIUM.find((path) => path !== undefined && existsSync(path))
  if (found === undefined) {
    throw new Error('There is no Chromium. `apt-get install -y chromium`, or set CHROMIUM to the path of one.')
  }
  return found
}

export class LabSite {
  readonly url: string
  readonly browser: Browser
  /** The requests that have reached the server, by path. */
  readonly requests: string[] = []
  /** Simulates a missing network: each connection is cut. */
  refuse = false
  readonly #server: Server

  private constructor(server: Server, browser: Browser) {
    this.#server = server
    this.browser = browser
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/some/where/`
  }

  static async start(): Promise<LabSite> {
    const executablePath = findChromium()
    const env = { ...process.env, NODE_ENV: 'production' } // Vitest sets it to test, but this is the published page
    execSync('npm run --silent lab build -- --logLevel error', { cwd: root, env, stdio: 'inherit' })
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const site = new LabSite(server, await chromium.launch({ executablePath, args: ['--no-sandbox'] }))
    server.on('request', (request, response) => {
      if (site.refuse) return void request.socket.destroy()
      const path = new URL(request.url ?? '', site.url).pathname
      site.requests.push(path)
      const file = fileOf(path)
      if (!path.startsWith('/some/where/') || !existsSync(file)) {
        response.writeHead(404, { 'access-control-allow-origin': '*' }).end()
        return
      }
      response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream')
      response.end(readFileSync(file))
    })
    return site
  }

  /** Opens the page at a fragment. Its errors are added to `errors`. */
  async open(fragment = '', options: BrowserContextOptions = {}): Promise<{ page: Page; errors: string[] }> {
    const context = await this.browser.newContext({
      viewport: { width: 1280, height: 800 },
      serviceWorkers: 'block', // each one would load the whole page again
      ...options,
    })
    const page = await context.newPage()
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(String(error)))
    await page.goto(this.url + fragment)
    await page.waitForSelector('.cm-content', { state: 'attached' })
    await page.waitForFunction("document.querySelector('spindle-lab').state.result.value !== undefined")
    return { page, errors }
  }

  /** The number of bytes that a file of the page takes on the network. */
  gzipSize(path: string): number {
    const file = fileOf(path)
    return existsSync(file) ? gzipSync(readFileSync(file)).length : 0
  }

  async stop(): Promise<void> {
    await this.browser.close()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

function fileOf(path: string): string {
  return `${folder}dist${path.replace('/some/where', '').replace(/\/$/, '/index.html')}`
}

/** Replaces the program in the editor (in an exercise, the learner's lines), and waits for the run of `source`. */
export async function type(page: Page, typed: string, source: string = typed): Promise<void> {
  await page.locator('.cm-content').focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.insertText(typed)
  await page.waitForFunction(`(() => {
    const { source, running } = document.querySelector('spindle-lab').state
    return source.value === ${JSON.stringify(source)} && !running.value
  })()`)
}

/** Shows the run without a guess, from its end. */
export async function reveal(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'I would rather just watch' }).click()
  await page.waitForFunction("document.querySelector('spindle-lab').state.result.value !== undefined")
  await page.waitForSelector('.picture svg')
  await page.evaluate("document.querySelector('spindle-lab').state.seek(Number.MAX_SAFE_INTEGER)")
}
