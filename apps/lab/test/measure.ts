// Measures the page, for `npm run bench seeing -- --lab`.

import type { Lesson } from '../src/lessons/lesson.ts'
import { LabSite, reveal, type } from './page.ts'

type Figure = readonly [what: string, figure: number, unit: string, limit: number]

const lab = "document.querySelector('spindle-lab').state"

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN
}

const NOTE_PICTURE = `new MutationObserver(() => {
  if (window.seen === undefined && document.querySelector('.picture svg') !== null) window.seen = performance.now()
}).observe(document, { childList: true, subtree: true })`

/** How long a page takes until it sets `window.seen`. `alone.html` loads nothing but `module`. */
async function timeOf(site: LabSite, url: string, script: string, module?: string): Promise<number> {
  const context = await site.browser.newContext({ serviceWorkers: 'block' })
  try {
    const page = await context.newPage()
    await page.addInitScript(script)
    await page.route('**/alone.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<!doctype html><script type="module" src="${module}"></script>`,
      }),
    )
    await page.goto(url)
    await page.waitForFunction('window.seen !== undefined')
    return (await page.evaluate('window.seen')) as number
  } finally {
    await context.close()
  }
}

/** Measures the built page in the system's Chromium. */
export async function measureLab(lessons: readonly Lesson[]): Promise<Figure[]> {
  const site = await LabSite.start()
  try {
    const from = site.requests.length
    const first = await site.open('#0')
    const paths = site.requests.slice(from)
    const editor = paths.findIndex((path) => path.includes('/editor-'))
    const bytes = paths.slice(0, editor).reduce((sum, path) => sum + site.gzipSize(path), 0)
    await first.page.context().close()

    const pictures: number[] = []
    const editors: number[] = []
    for (let round = 0; round < 5; round++) {
      pictures.push(await timeOf(site, `${site.url}#0`, NOTE_PICTURE))
      editors.push(
        await timeOf(
          site,
          `${site.url}alone.html`,
          `addEventListener('load', () => (window.seen = performance.now()))`,
          paths[editor],
        ),
      )
    }
    const { page } = await site.open('#0')
    // From the edit to the picture of its run, `pause` ms after what was before.
    const edit = (source: string, pause = 0): Promise<number> =>
      page.evaluate(`(async () => {
        const state = ${lab}
        await new Promise((resolve) => setTimeout(resolve, ${pause}))
        const start = performance.now()
        state.edit(${JSON.stringify(source)})
        while (state.running.value) await new Promise((resolve) => setTimeout(resolve))
        document.querySelector('.picture svg').getBoundingClientRect()
        return performance.now() - start
      })()`)
    let slowest = 0
    for (const { name, program } of lessons) {
      await page.selectOption('.path', name)
      await reveal(page)
      const times: number[] = []
      for (let round = 0; round < 9; round++) times.push(await edit(`${program}\n// ${round}`, 100))
      slowest = Math.max(slowest, median(times))
    }
    const endless = await edit('for (;;) {}')
    const next = await edit("console.log('next')")
    const regular = await edit('/^(a+)+$/.test("a".repeat(40) + "b")')
    const afterIt = await edit("console.log('next')")
    await type(page, "console.log('last')")
    return [
      ['Lab: before the first picture, gzip', bytes / 1000, 'kB', 260],
      ['Lab: first picture, by what the editor alone takes', median(pictures) / median(editors), '×', 2],
      ['Lab: edit → picture at 10 edits a second, the slowest', slowest, 'ms', 30],
      ['Lab: an endless loop is stopped', endless, 'ms', 1200],
      ['Lab: the next picture', next, 'ms', 150],
      ['Lab: what does not answer is stopped', regular, 'ms', 1200],
      ['Lab: the next picture after it', afterIt, 'ms', 150],
    ]
  } finally {
    await site.stop()
  }
}
