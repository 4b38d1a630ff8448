import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { BASE, descriptionOf, HOST } from '../site.mjs'
import { searchOptions } from './search.mjs'
import { typesOnHover } from './types-on-hover.mjs'

const pages = fileURLToPath(new URL('../.pages/', import.meta.url))

/** The rooms of the documentation by their folders, in the order of the sidebar. */
const ROOMS = {
  learn: 'Learn',
  'how-to': 'How to',
  lessons: 'Lessons',
  'examples/cancellation': 'Examples',
  reference: 'Reference',
  explanation: 'Explanation',
}

/** What comes first in its room, in this order; other pages follow by the alphabet. */
const FIRST = [
  'guide',
  'twelve-names',
  'which-course',
  'install',
  'node',
  'browsers',
  'resources',
  'testing',
  'seeing',
  'threads',
]

/** A browser that blocks storage throws at each use, and VitePress keeps the appearance there: the page forgets it. */
const STORAGE =
  'try{localStorage}catch{Object.defineProperty(window,"localStorage",{value:{getItem:()=>null,setItem(){},removeItem(){}}})}'

export default defineConfig({
  base: BASE,
  title: 'Spindle',
  description: 'asyncio for TypeScript: an event loop with Tasks that can be cancelled.',
  srcDir: '.pages',
  outDir: 'dist',
  srcExclude: ['public/**'],
  cleanUrls: false, // so that any file server works
  head: [
    ['script', {}, STORAGE],
    ['link', { rel: 'icon', type: 'image/svg+xml', href: `${BASE}favicon.svg` }],
    ['meta', { property: 'og:type', content: 'website' }],
    ['meta', { property: 'og:site_name', content: 'Spindle' }],
    ['meta', { property: 'og:image', content: `${HOST}${BASE}og.png` }], // the top of the first page, 1200 × 630
    ['meta', { name: 'twitter:card', content: 'summary_large_image' }],
  ],
  transformPageData({ relativePath, title, frontmatter }) {
    const isFirst = relativePath === 'index.md'
    const text = readFileSync(`${pages}${relativePath}`, 'utf8')
    const description = frontmatter.description ?? (descriptionOf(text) || `${title}, of Spindle`)
    return {
      description,
      titleTemplate: `:title | ${roomOf(relativePath)}`,
      frontmatter: {
        ...frontmatter,
        head: [
          ['meta', { property: 'og:title', content: title }],
          ['meta', { property: 'og:description', content: description }],
          ...(isFirst ? [['script', { type: 'module', src: `${BASE}home.js` }]] : []),
        ],
      },
    }
  },
  markdown: {
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    codeTransformers: [typesOnHover],
    html: false, // Coroutine<T> in a sentence is not an element
    config(md) {
      // The empty corner of a table is not a heading.
      md.core.ruler.push('corner', ({ tokens }) => {
        for (const [index, token] of tokens.entries()) {
          if (token.type !== 'th_open' || tokens[index + 1].content !== '') continue
          token.tag = tokens[index + 2].tag = 'td'
        }
      })
      // A block of `lab` contains the name of a lesson, and becomes the Lab itself.
      const fence = md.renderer.rules.fence
      md.renderer.rules.fence = (tokens, index, ...rest) => {
        const { info, content } = tokens[index]
        if (info.trim() === 'html-of-home') return content
        // The tag that shows the instrument, and the instrument itself.
        if (info.trim() === 'html task-thread')
          return `${fence(tokens, index, ...rest)}${content.replace('src="', `class="instrument" loading="lazy" src="${BASE}`)}`
        if (info.trim() !== 'lab') return fence(tokens, index, ...rest)
        return `<iframe class="lab" title="The lesson in the Lab" src="${BASE}lab/index.html#${content.trim()}" loading="lazy"></iframe>`
      }
    },
  },
  locales: {
    root: { label: 'English', lang: 'en' },
    ko: {
      label: '한국어',
      lang: 'ko',
      themeConfig: {
        nav: [
          { text: 'Lab', link: '/lab/index.html', target: '_self' },
          { text: '안내서', link: '/ko/learn/guide' },
          { text: 'API', link: '/api/' },
        ],
        sidebar: [{ text: '한국어', items: [{ text: '소개', link: '/ko/' }, ...room('', 'ko/learn').items] }],
        outline: { level: [2, 3], label: '이 글의 차례' },
        docFooter: { prev: '이전', next: '다음' },
        darkModeSwitchLabel: '화면 모드',
        sidebarMenuLabel: '차례',
        returnToTopLabel: '맨 위로',
      },
    },
  },
  ignoreDeadLinks: [/^\/lab\//], // it is built beside the pages
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    search: { provider: 'local', options: searchOptions },
    outline: [2, 3],
    i18nRouting: false, // most pages exist in English only
    logo: '/favicon.svg',
    nav: [
      { text: 'Lab', link: '/lab/index.html', target: '_self' },
      { text: 'Guide', link: '/learn/guide' },
      { text: 'How to', link: '/how-to/install' },
      { text: 'Examples', link: '/examples/' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [...Object.entries(ROOMS).map(([folder, text]) => room(text, folder)), api()],
    socialLinks: [{ icon: 'github', link: 'https://github.com/spindle-js/spindle' }],
  },
})

/**
 * @param {string} text
 * @param {string} folder
 */
function room(text, folder) {
  const place = (/** @type {string} */ file) => {
    const index = FIRST.indexOf(file.replace('.md', ''))
    return index === -1 ? FIRST.length : index
  }
  const files = readdirSync(`${pages}${folder}`)
    .filter((file) => file.endsWith('.md'))
    .toSorted((a, b) => place(a) - place(b))
  return {
    text,
    items: files.map((file) => ({ text: titleOf(`${folder}/${file}`), link: `/${folder}/${file.replace('.md', '')}` })),
  }
}

/**
 * What a title is followed by, since several pages have the same: `wait` of spindle, and of spindle/thread.
 *
 * @param {string} page
 */
function roomOf(page) {
  const [, module] = /^api\/(\w+)\//.exec(page) ?? []
  if (module !== undefined) return module === 'index' ? 'spindle' : `spindle/${module}`
  if (page === 'index.md') return 'Cancel it, and it really stops'
  const found = Object.entries(ROOMS).find(([folder]) => page.startsWith(`${folder}/`))
  return found === undefined ? 'Spindle' : `${found[1]} | Spindle`
}

function api() {
  return { text: 'API', items: JSON.parse(readFileSync(`${pages}api/typedoc-sidebar.json`, 'utf8')) }
}

/** @param {string} file */
function titleOf(file) {
  const [, title = file] = /^# (.*)$/m.exec(readFileSync(`${pages}${file}`, 'utf8')) ?? []
  return title.replaceAll('`', '')
}
