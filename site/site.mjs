// `npm run site` serves the documentation as a site, `npm run site build` makes static files of it in site/dist.
//
// The site consists of a first page, the pages of docs/, a reference that TypeDoc generates from the
// sources, the examples with their output, and the lessons of the Lab, which is built into the site. The pages are
// collected in site/.pages: a link to a page stays as it is, and a link to any other file of the repository leads to
// where that is hosted. `SITE_BASE=/spindle/ npm run site build` makes it for that path of a server. The build fails if
// a link leads to a missing page or heading; `npm run site check` opens the built site in Chromium. The dependencies
// are in a separate project, like those of test/platforms, and `npm test` does not need them.

import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, posix, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { messageOf, pnpm, root } from '../scripts/setup.mjs'
import { skill } from '../scripts/skill.mjs'
import { homePage } from './home.mjs'
import { readable } from './reference.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const pages = `${here}.pages`
const HOSTED = 'https://github.com/spindle-js/spindle/blob/main/'

/** The path of the site on its server, `/` or such as `/spindle/`: the variable `SITE_BASE`. */
export const BASE = process.env['SITE_BASE'] ?? '/'

/** The server, such as `https://spindle.example`: the variable `SITE_HOST`. Links to the preview image need it. */
export const HOST = process.env['SITE_HOST'] ?? ''

/**
 * The text of a page, without comments, and with its links adapted to the site.
 *
 * @param {string} file from the root of the repository
 * @param {string} text
 * @param {(file: string) => boolean} isPage whether a file of the repository is a page
 */
export function pageOf(file, text, isPage) {
  const shown = text.replaceAll(/^<!-- .* -->\n/gm, '') // which the programs that write a part of a page leave there
  return shown.replace(/\]\((?!https?:|#|mailto:)([^)\s#]+)(#[^)\s]*)?\)/g, (_, path, anchor = '') => {
    const target = posix.join(posix.dirname(file), path)
    if (!isPage(target)) return `](${HOSTED}${target}${anchor})`
    return `](${addressOf(target)}${anchor})`
  })
}

/**
 * The place on the site of a file that is a page.
 *
 * @param {string} file
 */
function addressOf(file) {
  if (file === 'README.md') return '/'
  if (file.startsWith('examples/')) return `/${file.replace(/(?:README\.md|\.ts)$/, '')}`
  return `/${file.replace(/^docs\//, '').replace(/README\.md$/, '')}`
}

/**
 * The page of an example: its header, the program, its output, and its picture, if there is one.
 *
 * @param {string} file from the root of the repository
 */
export function examplePage(file) {
  const text = readFileSync(`${root}${file}`, 'utf8')
  const [, says = '', program = ''] = /^((?:\/\/[^\n]*\n)*)\n*(.*)$/s.exec(text) ?? []
  const header = says
    .replaceAll(/^\/\/ ?/gm, '')
    .trim()
    .replaceAll(/ {2,}(?=\w+:)/g, '\n')
    .split('\n')
    .join('\n\n')
  const output = `${root}${file.replace(/\.ts$/, '.out')}`
  const name = posix.basename(file, '.ts')
  const picture = PICTURES[name]
  return [
    `# ${name.replaceAll('_', ' ')}`,
    header,
    `\`\`\`ts\n${program}\`\`\``,
    ...(existsSync(output) ? [`It prints:\n\n\`\`\`text\n${readFileSync(output, 'utf8')}\`\`\``] : []),
    ...(picture === undefined ? [] : [`As the Lab draws it:\n\n![A run of ${name}](/pictures/${picture}.svg)`]),
    `[The file](${HOSTED}${file})`,
  ].join('\n\n')
}

/** @type {Record<string, string>} */
const PICTURES = {
  '03_clean_up_that_waits': 'clean-up',
  '07_chain': 'chain',
  '08_gather': 'gather',
  '10_swallowed': 'swallowed',
}

/**
 * The page of a lesson: its question and program, the Lab at that lesson, and the explanation.
 *
 * @param {string} file
 * @param {string} text
 */
export function lessonPage(file, text) {
  const [question = ''] = text.split(/^## /m)
  const name = file.replace(/^\d+-|\.md$/g, '')
  const part = (/** @type {string} */ name) =>
    text
      .split(/^## /m)
      .find((each) => each.startsWith(`${name}\n`))
      ?.slice(name.length)
  return [
    question.trim().replaceAll('](task-thread', '](/lab/task-thread'),
    part('Program')?.trim(),
    `Predict what it does, then try it here, or [in a separate window](/lab/index.html#${name}):`,
    `\`\`\`lab\n${name}\n\`\`\``,
    `::: details Why\n${part('Why')?.trim()}\n:::`,
  ].join('\n\n')
}

/**
 * What a search engine shows below the title of a page: its first paragraph, to the end of a sentence or of a word.
 *
 * @param {string} text
 */
export function descriptionOf(text) {
  const paragraphs = text.replaceAll(/^```.*?^```/gms, '').split(/\n{2,}/)
  // The reference begins with a link to its first page and a line.
  const first =
    paragraphs.find((each) => /^[\p{L}\d"'`*[]/u.test(each) && !/^(?:\*+|\[[^\]]*\]\([^)]*\))$/.test(each)) ?? ''
  const plain = first
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll(/[`*]/g, '')
    .replaceAll(/"([^"]*)"/g, '“$1”') // VitePress does not escape it
    .replaceAll(/\s+/g, ' ')
    .trim()
  if (plain.length <= 160) return plain
  const [sentence] = /^.{60,159}[.?!](?= )/.exec(plain) ?? []
  return sentence ?? `${plain.slice(0, 159).replace(/[\s,:;]*\S*$/, '')} …`
}

/**
 * The site as a coding agent reads it, which begins with /llms.txt: https://llmstxt.org.
 *
 * @param {readonly (readonly [page: string, text: string])[]} docs
 */
export function llmsText(docs) {
  const lines = docs.map(([page, text]) => {
    const [, title = page] = /^# (.*)$/m.exec(text) ?? []
    return `- [${title}](${HOST}${BASE}${page.replace(/\.md$/, '.html')}): ${descriptionOf(text)}`
  })
  return `# Spindle

> asyncio for TypeScript: generators run as Tasks, which can be cancelled, and clean-up may wait.

- [How to write programs with Spindle](${HOST}${BASE}SKILL.md): all of it in one file. The package has it as
  node_modules/spindle/dist/SKILL.md.

## Pages

${lines.join('\n')}
`
}

/**
 * The links of built pages that lead to a missing file or heading.
 *
 * @param {string} folder
 * @param {string} base the path of the site's first page
 */
export function brokenLinks(folder, base = BASE) {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.html'))
  const texts = new Map(files.map((file) => [file, readFileSync(join(folder, file), 'utf8')]))
  return files.flatMap((file) => {
    const links = [...(texts.get(file) ?? '').matchAll(/<a\b[^>]*\bhref="([^"]*)"/g)].map(([, link = '']) => link)
    return links.filter((link) => !isThere(link, file)).map((link) => `${file}: ${link}`)
  })

  /**
   * @param {string} link
   * @param {string} from
   */
  function isThere(link, from) {
    if (/^[a-z]+:/.test(link) || link.startsWith(`${base}lab/index.html`)) return true
    const { pathname, hash } = new URL(link.replaceAll('&amp;', '&'), `http://site${base}${from}`)
    if (!pathname.startsWith(base)) return false
    const path = decodeURIComponent(pathname).slice(base.length)
    const file = path === '' || path.endsWith('/') ? `${path}index.html` : path
    const text = texts.get(file)
    if (text === undefined) return existsSync(join(folder, file))
    return hash === '' || text.includes(`id="${decodeURIComponent(hash.slice(1))}"`)
  }
}

/**
 * A page whose blocks of TypeScript show types on hover. Puts the imports that the tests would add above each block,
 * and marks them as not shown.
 *
 * @param {string} text
 * @param {(code: string) => string} importsOf
 */
export function withTypes(text, importsOf) {
  return text.replace(/^( *)```ts(?: (?:no-run|fails-to-compile))?\n(.*?)^\1```$/gms, (_, indent, code) =>
    [
      `${indent}\`\`\`ts twoslash`,
      `${indent}${importsOf(code)}`,
      `${indent}// ---cut---`,
      `${code}${indent}\`\`\``,
    ].join('\n'),
  )
}

/** Adds types to each page that was written. */
async function addTypes() {
  const { implicitModules, moduleOf } = await import('../test/docs/blocks.ts')
  for (const page of readdirSync(pages, { recursive: true, encoding: 'utf8' })) {
    if (!page.endsWith('.md')) continue
    // Which names a block may use depends on its file. The pages of the reference come from the sources of a package.
    const file = page.replaceAll('\\', '/').replace(/^api\/(\w+)\//, 'packages/$1/')
    const modules = implicitModules(file.startsWith('packages/') ? file : `docs/${file}`)
    const importsOf = (/** @type {string} */ code) =>
      moduleOf({ file, line: 0, mode: 'run', code }, modules).split('\n')[0] ?? ''
    write(page, withTypes(readFileSync(join(pages, page), 'utf8'), importsOf))
  }
}

async function writePages() {
  const { translations } = await import('../test/docs/translations.ts')
  const behind = translations().filter(({ isBehind }) => isBehind)
  rmSync(pages, { recursive: true, force: true })
  const docs = readdirSync(`${root}docs`, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md'))
  const examples = examplePrograms()
  const isPage = (/** @type {string} */ file) =>
    file === 'README.md' || // the first page stands for it
    file === 'examples/README.md' ||
    examples.includes(file) ||
    docs.includes(relative('docs', file)) ||
    file.startsWith('docs/pictures/')
  for (const page of docs) {
    let text = readFileSync(`${root}docs/${page}`, 'utf8')
    if (behind.some(({ file }) => file === `docs/${page}`))
      text = text.replace(/^\[English\].*$/m, '$&: 이 글을 옮긴 뒤에 영어 원문이 바뀌었습니다.')
    write(page.replace(/README\.md$/, 'index.md'), pageOf(`docs/${page}`, text, isPage))
  }
  for (const file of examples) write(file.replace(/\.ts$/, '.md'), examplePage(file))
  const examplesText = readFileSync(`${root}examples/README.md`, 'utf8')
  write('examples/index.md', pageOf('examples/README.md', examplesText, isPage))
  for (const lesson of readdirSync(LESSONS).filter((file) => file.endsWith('.md')))
    write(`lessons/${lesson}`, lessonPage(lesson, readFileSync(`${LESSONS}/${lesson}`, 'utf8')))
  cpSync(`${root}docs/pictures`, `${pages}/public/pictures`, { recursive: true })
  write('public/llms.txt', llmsText(docs.toSorted().map((page) => [page, readFileSync(`${root}docs/${page}`, 'utf8')])))
  write('public/SKILL.md', skill())
  for (const image of ['favicon.svg', 'og.png']) cpSync(`${here}${image}`, `${pages}/public/${image}`)
}

const LESSONS = `${root}apps/lab/src/lessons`

/**
 * @param {string} file
 * @param {string} text
 */
function write(file, text) {
  mkdirSync(dirname(join(pages, file)), { recursive: true })
  writeFileSync(join(pages, file), text)
}

/** The programs of examples/: their headers say how to run them. */
function examplePrograms() {
  const files = ['', 'cancellation/', 'together/'].flatMap((folder) =>
    readdirSync(`${root}examples/${folder}`).map((name) => `examples/${folder}${name}`),
  )
  return files.filter((file) => file.endsWith('.ts') && /^\/\/ .*\bRun: /m.test(readFileSync(`${root}${file}`, 'utf8')))
}

function buildLab() {
  const args = ['build', `${root}apps/lab`, '--outDir', `${pages}/public/lab`, '--emptyOutDir', '--logLevel', 'error']
  const vite = `${root}apps/lab/node_modules/vite/bin/vite.js`
  const { status } = spawnSync(process.execPath, [vite, ...args], { cwd: root, stdio: 'inherit' })
  if (status !== 0) throw new Error(`the Lab was not built: vite ended with ${status}`)
}

function writeReference() {
  const values = {
    tsconfig: `${root}packages/spindle/tsconfig.json`,
    out: `${pages}/api`,
    plugin: 'typedoc-plugin-markdown',
    readme: 'none',
    name: 'API',
    entryFileName: 'index',
    logLevel: 'Error',
  }
  const flags =
    'excludeInternal excludePrivate disableSources skipErrorChecking hideBreadcrumbs hidePageHeader hideGroupHeadings useCodeBlocks expandParameters sanitizeComments'
  run('typedoc/bin/typedoc', [
    ...['index', 'more', 'thread', 'node'].map((name) => `${root}packages/spindle/src/${name}.ts`),
    ...Object.entries(values).flatMap(([name, value]) => [`--${name}`, value]),
    ...flags.split(' ').map((name) => `--${name}`),
  ])
  for (const page of readdirSync(`${pages}/api`, { recursive: true, encoding: 'utf8' })) {
    if (/(?:functions|classes|interfaces)[\\/]\w+\.md$/.test(page))
      write(`api/${page}`, readable(readFileSync(join(pages, 'api', page), 'utf8')))
  }
  const modules = readdirSync(`${pages}/api`, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  const sidebar = modules.map(({ name }) => ({
    text: name === 'index' ? 'spindle' : `spindle/${name}`,
    link: `/api/${name}/`,
  }))
  writeFileSync(`${pages}/api/typedoc-sidebar.json`, JSON.stringify(sidebar))
}

/** The first page: its script and the Worker with the Lab's engine are files beside it. */
async function writeHome() {
  const { rolldown } = createRequire(`${root}apps/lab/package.json`)('rolldown')
  write('index.md', await homePage(BASE, HOSTED))
  for (const [source, file] of [
    ['page', 'home.js'],
    ['worker', 'home-worker.js'],
  ]) {
    const input = `${root}apps/lab/src/home/${source}.ts`
    // As in the Lab's own Worker, nothing is loaded relative to this file.
    const transform = source === 'worker' ? { define: { 'import.meta': '{}' } } : {}
    const bundle = await rolldown({ input, platform: 'browser', transform })
    const format = source === 'page' ? 'esm' : 'iife'
    await bundle.write({ file: `${pages}/public/${file}`, format, minify: true })
    await bundle.close()
  }
}

/**
 * @param {string} program in node_modules
 * @param {string[]} args
 */
function run(program, args) {
  const { status } = spawnSync(process.execPath, [`${here}node_modules/${program}`, ...args], {
    cwd: here,
    stdio: 'inherit',
  })
  if (status !== 0) throw new Error(`${program} ended with ${status}`)
}

function install() {
  const installed = `${here}node_modules/.pnpm/lock.yaml`
  if (existsSync(installed) && readFileSync(installed, 'utf8') === readFileSync(`${here}pnpm-lock.yaml`, 'utf8')) return
  console.error('Installing VitePress and TypeDoc …')
  const { status, output } = pnpm(['install', '--ignore-workspace', '--frozen-lockfile', '--ignore-scripts'], here)
  if (status !== 0) throw new Error(output)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [what, ...words] = process.argv.slice(2)
  try {
    if (what === 'check') {
      run('../check.mjs', words)
      process.exit()
    }
    install()
    await writePages()
    await writeHome()
    writeReference()
    await addTypes()
    buildLab()
    if (what !== 'build') run('vitepress/bin/vitepress.js', ['dev', '.', '--host', '127.0.0.1'])
    else {
      run('vitepress/bin/vitepress.js', ['build', '.'])
      const broken = brokenLinks(`${here}dist`)
      if (broken.length > 0) throw new Error(`links that lead nowhere:\n${broken.join('\n')}`)
      console.log(
        `site/dist: ${readdirSync(`${here}dist`, { recursive: true }).length} files, every link leads somewhere`,
      )
    }
  } catch (error) {
    console.error(messageOf(error))
    process.exitCode = 1
  }
}
