// The page of examples/browser, built by Vite, in the system's Chromium.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Browser, chromium, type Page } from 'playwright-core'
import { build } from 'vite'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { isolated } from '../vite.config.ts'

const folder = fileURLToPath(new URL('..', import.meta.url))
const TYPES: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' }
const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

let dist: string
let server: Server
let browser: Browser
let page: Page
let errors: string[]
let news: (response: ServerResponse) => void
let searches: string[] // what the server is asked for, and whether it is hung up on

beforeAll(async () => {
  const executablePath = CHROMIUM.find((path) => path !== undefined && existsSync(path))
  if (executablePath === undefined)
    throw new Error('There is no Chromium. `apt-get install -y chromium`, or set CHROMIUM to the path of one.')
  dist = mkdtempSync(join(tmpdir(), 'spindle-browser-'))
  await build({
    configFile: `${folder}vite.config.ts`,
    logLevel: 'error',
    build: { outDir: dist, emptyOutDir: true },
  })
  server = createServer((request, response) => {
    for (const [name, value] of Object.entries(isolated)) response.setHeader(name, value)
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://localhost')
    if (pathname === '/search') {
      const text = searchParams.get('q') ?? ''
      searches.push(text)
      response.on('close', () => void (response.writableEnded || searches.push(`${text}: aborted`)))
      if (text !== 'slow') response.end(JSON.stringify([`${text} 1`, `${text} 2`]))
      return
    }
    if (pathname === '/news') return news(response)
    const file = join(dist, pathname === '/' ? 'index.html' : pathname)
    if (!existsSync(file)) return void response.writeHead(404).end()
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream').end(readFileSync(file))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
})
afterAll(async () => {
  await browser?.close()
  server?.close()
  if (dist) rmSync(dist, { recursive: true, force: true })
})
beforeEach(async () => {
  errors = []
  searches = []
  page = await browser.newPage()
  page.on('pageerror', (error) => errors.push(String(error)))
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
  return async () => {
    expect(errors).toEqual([])
    await page.close()
  }
})

const found = () => page.locator('#found li').allTextContents()
const lines = () => page.evaluate<string[]>('example.lines')

describe('search as you type', () => {
  it('sends one request for text that is typed without a pause', async () => {
    // In one turn of the page, as a machine that is busy may take longer between two keys than the search waits.
    await page.locator('#search').evaluate((input) => {
      for (const text of ['a', 'ab', 'abc']) {
        Reflect.set(input, 'value', text)
        input.dispatchEvent(new Event('input'))
      }
    })
    await expect.poll(found).toEqual(['abc 1', 'abc 2'])
    expect(searches).toEqual(['abc'])
  })

  it('aborts the request before it', async () => {
    await page.locator('#search').fill('slow')
    await expect.poll(() => searches).toEqual(['slow'])
    await page.locator('#search').fill('fast')
    await expect.poll(found).toEqual(['fast 1', 'fast 2'])
    expect(searches.toSorted()).toEqual(['fast', 'slow', 'slow: aborted'])
  })

  it('ends with its signal, along with the request in progress', async () => {
    await page.locator('#search').fill('slow')
    await expect.poll(() => searches).toEqual(['slow'])
    await page.evaluate('example.leaving.abort()')
    await expect.poll(() => searches).toEqual(['slow', 'slow: aborted'])
    await expect.poll(lines).toEqual(['search ended: AbortError'])
    await page.locator('#search').fill('more')
    await page.waitForTimeout(300)
    expect(searches).toEqual(['slow', 'slow: aborted'])
  })
})

describe('useTask', () => {
  const output = () => page.locator('output').textContent()

  it('shows the result', async () => {
    await page.getByText('quick').click()
    await expect.poll(output).toBe('done all of it')
    expect(await lines()).toEqual(['cleaned up'])
  })

  it('cancels, and the clean-up runs', async () => {
    await page.getByText('slow').click()
    await expect.poll(output).toContain('running')
    await page.getByText('cancel').click()
    await expect.poll(output).toContain('cancelled')
    expect(await lines()).toEqual(['cleaned up'])
  })

  it('cancels the previous Task', async () => {
    await page.getByText('slow').click()
    await page.getByText('quick').click()
    await expect.poll(output).toBe('done all of it')
    await expect.poll(lines).toEqual(['cleaned up', 'cleaned up'])
  })

  it('cancels when the component unmounts', async () => {
    await page.getByText('slow').click()
    await expect.poll(output).toContain('running')
    await page.evaluate('example.root.unmount()')
    await expect.poll(lines).toEqual(['cleaned up'])
  })
})

describe('<count-down>', () => {
  it('counts while it is part of the page, and no longer', async () => {
    await expect.poll(() => page.locator('count-down').textContent()).toBe('59 s')
    const stopped = await page.evaluate(`new Promise((resolve) => {
      const element = document.querySelector('count-down')
      element.addEventListener('stopped', () => resolve(true))
      element.remove()
    })`)
    expect(stopped).toBe(true)
  })
})

describe('a Web Worker', () => {
  it('runs and blocks', async () => {
    await expect.poll(() => page.locator('#worker').textContent()).toBe('worker: 42,42')
  })
})

describe('a service worker', () => {
  const ask = () => page.evaluate<string>("fetch('/news').then((response) => response.text(), String)")

  beforeEach(async () => {
    await page.waitForFunction('navigator.serviceWorker.controller')
  })

  it('answers from the network while it is quick, and from its cache otherwise', async () => {
    news = (response) => response.end('fresh')
    await expect.poll(ask).toBe('fresh') // on a busy machine, once it is quick enough
    expect(
      await page.evaluate("caches.open('answers').then((cache) => cache.match('/news')).then((it) => it.text())"),
    ).toBe('fresh')
    const aborted = new Promise<string>((resolve) => {
      news = (response) => response.on('close', () => resolve('aborted'))
    })
    expect(await ask()).toBe('fresh')
    expect(await aborted).toBe('aborted')
  })

  it('fails the request if there is neither', async () => {
    news = () => {}
    expect(await ask()).toContain('Failed to fetch')
  })
})

it('docs/how-to/browsers.md shows the code of this page', () => {
  const document = readFileSync(`${folder}../../docs/how-to/browsers.md`, 'utf8')
  const blocks = [...document.matchAll(/^```tsx\n(.*?)^```/gms)].map(([, code = '']) => code)
  const sources = readdirSync(`${folder}src`)
  const texts = sources.map((file) => readFileSync(`${folder}src/${file}`, 'utf8'))
  expect(blocks.length).toBeGreaterThan(2)
  // The hook is there to be copied: its block is the whole module.
  expect(blocks).toContain(readFileSync(`${folder}src/use-task.ts`, 'utf8').replace(/^\/\/.*\n\n/, ''))
  expect(blocks.filter((block) => !texts.some((text) => text.includes(block)))).toEqual([])
})
