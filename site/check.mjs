// `npm run site check`: opens the built site in the system's Chromium, page by page. It checks that axe finds nothing,
// that the console shows no errors, that no two pages have the same title or description, that types appear on hover,
// that the search answers the questions of questions.tsv, and that each page can be read without JavaScript. That each
// link leads somewhere the build has checked. `npm run site check size guide` opens only the pages that match the
// words.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, root } from '../scripts/setup.mjs'

const dist = fileURLToPath(new URL('dist', import.meta.url))
const ofLab = createRequire(`${root}apps/lab/package.json`) // which depends on them for its own tests
const axe = readFileSync(ofLab.resolve('axe-core/axe.min.js'), 'utf8')
const CHROMIUM = [process.env['CHROMIUM'], '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const SITE = 'http://site.test'
const ANSWERED = 0.8

/**
 * Answers as a file server would. The Lab has its own tests.
 *
 * @param {{ request(): { url(): string }; fulfill(answer: object): unknown }} route
 */
function answer(route) {
  const path = decodeURIComponent(new URL(route.request().url()).pathname)
  const file = join(dist, path.endsWith('/') ? `${path}index.html` : path)
  if (path.startsWith('/lab/')) return route.fulfill({ contentType: 'text/html', body: '' })
  return route.fulfill(existsSync(file) ? { path: file } : { status: 404 })
}

/**
 * All pages, but only one page of each kind of the reference, since those are all generated in the same way.
 *
 * @param {string[]} words
 */
function pagesOfSite(words = process.argv.slice(2)) {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => file.endsWith('.html') && !file.startsWith('lab/') && file !== '404.html')
    .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  /** @type {Set<string>} */
  const kinds = new Set()
  return files.filter((file) => {
    const kind = /^api\/.*?([a-z-]+)\/[^/]+$/.exec(file)?.[1]
    if (kind === undefined) return true
    return !kinds.has(kind) && kinds.add(kind)
  })
}

/** @param {{ locator(selector: string): { innerText(): Promise<string> } }} page */
async function textOf(page) {
  // biome-ignore lint/performance/useDomNodeTextContent: what one sees is meant
  return (await page.locator('main').innerText()).length
}

/** The questions, and the pages that answer each. */
function questions() {
  const lines = readFileSync(new URL('questions.tsv', import.meta.url), 'utf8').match(/^[^#\n].*/gm) ?? []
  return lines.map((line) => {
    const [question = '', pages = ''] = line.split('\t')
    return { question, answers: pages.split(', ') }
  })
}

async function check() {
  const { chromium } = ofLab('playwright-core')
  const executablePath = CHROMIUM.find((path) => path !== undefined && existsSync(path))
  if (executablePath === undefined)
    throw new Error('There is no Chromium. `apt-get install -y chromium`, or set CHROMIUM to the path of one.')
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  /** @type {string[]} */
  const problems = []
  try {
    const context = await browser.newContext({ serviceWorkers: 'block', reducedMotion: 'reduce' })
    const plain = await browser.newContext({ javaScriptEnabled: false, serviceWorkers: 'block' })
    for (const each of [context, plain]) await each.route(`${SITE}/**`, answer)
    const page = await context.newPage()
    const still = await plain.newPage()
    let current = ''
    page.on('pageerror', (/** @type {Error} */ error) => problems.push(`${current}: ${error}`))
    const pages = pagesOfSite()
    /** @type {Map<string, string>} */
    const titles = new Map()
    /** @type {Map<string | null, string>} */
    const descriptions = new Map()
    for (const file of pages) {
      current = file
      await page.goto(`${SITE}/${file}`, { waitUntil: 'load' })
      await page.waitForFunction("document.querySelector('#app')?.__vue_app__ !== undefined")
      await page.evaluate(axe)
      const { violations } = await page.evaluate('axe.run({ iframes: false })')
      for (const { id, nodes } of violations) problems.push(`${file}: ${id}: ${nodes[0].html.slice(0, 160)}`)
      const title = await page.title()
      if (titles.has(title)) problems.push(`${file}: ${titles.get(title)} has the title ${title}, too`)
      titles.set(title, file)
      const description = await page.locator('meta[name=description]').getAttribute('content')
      if (!description) problems.push(`${file}: there is no description`)
      if (descriptions.has(description))
        problems.push(`${file}: ${descriptions.get(description)} has the same description`)
      descriptions.set(description, file)
      await still.goto(`${SITE}/${file}`, { waitUntil: 'domcontentloaded' })
      const [read, all] = await Promise.all([still, page].map(textOf))
      if (read < 0.9 * all) problems.push(`${file}: of ${all} characters, ${read} are there without JavaScript`)
    }
    current = 'types on hover'
    for (const each of [page, still]) {
      await each.goto(`${SITE}/learn/guide.html`)
      const name = each.locator('.typed', { hasText: /^sleep$/ }).first()
      const shown = async () =>
        name.evaluate((/** @type {Element} */ element) => getComputedStyle(element, '::before').content)
      if ((await shown()) !== 'none') problems.push('learn/guide.html: a type is shown without a pointer')
      await name.hover()
      if (!(await shown()).includes('delay: number')) problems.push('learn/guide.html: sleep shows no type on hover')
    }
    current = 'the first page'
    await page.goto(`${SITE}/index.html`)
    await page.locator('cancel-here input').fill('80')
    await page.locator('.promises .verdict', { hasText: 'Nothing stopped.' }).waitFor()
    if ((await page.locator('.spindle .picture svg title').first().textContent()).includes('12 ms later') === false)
      problems.push('index.html: the picture is not that of a cancel at 80 ms')
    current = 'the search'
    await page.goto(`${SITE}/index.html`)
    await page.locator('.VPNavBarSearch button').first().click()
    const results = page.locator('.VPLocalSearchBox .result')
    /** @type {string[]} */
    const unanswered = []
    const asked = questions()
    for (const { question, answers } of asked) {
      await page.locator('.VPLocalSearchBox input').fill('')
      await results.first().waitFor({ state: 'detached' })
      await page.locator('.VPLocalSearchBox input').fill(question)
      await results
        .first()
        .waitFor({ timeout: 5000 })
        .catch(() => {}) // there may be none
      const found = await results.evaluateAll((/** @type {Element[]} */ all) =>
        all.map((result) => result.getAttribute('href') ?? ''),
      )
      // Several sections of a page count as one result.
      const pages = [...new Set(found.map((link) => link.replace(/#.*/, '')))].slice(0, 3)
      if (!pages.some((link) => answers.some((answer) => link.startsWith(`/${answer}`))))
        unanswered.push(`  ${question}: ${pages.join(', ')}`)
    }
    const share = 1 - unanswered.length / asked.length
    console.log(`the search answers ${Math.round(100 * share)} % of ${asked.length} questions among its first three`)
    if (share < ANSWERED) problems.push(`the search does not answer:\n${unanswered.join('\n')}`)
    return { pages: pages.length, problems }
  } finally {
    await browser.close()
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (!existsSync(dist)) throw new Error('there is no site/dist: npm run site build')
    const { pages, problems } = await check()
    console.log(`${pages} pages`)
    if (problems.length > 0) throw new Error([...new Set(problems)].join('\n'))
  } catch (error) {
    console.error(messageOf(error))
    process.exitCode = 1
  }
}
