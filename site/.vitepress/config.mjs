import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { typesOnHover } from './types-on-hover.mjs'

const pages = fileURLToPath(new URL('../.pages/', import.meta.url))

export default defineConfig({
  title: 'Spindle',
  description: 'asyncio for TypeScript: an event loop with Tasks that can be cancelled.',
  srcDir: '.pages',
  outDir: 'dist',
  cleanUrls: false, // so that any file server works
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
      // A block of `lab` contains the number of a lesson, and becomes the Lab itself.
      const fence = md.renderer.rules.fence
      md.renderer.rules.fence = (tokens, index, ...rest) => {
        const { info, content } = tokens[index]
        if (info.trim() !== 'lab') return fence(tokens, index, ...rest)
        return `<iframe class="lab" title="Lesson ${content.trim()} in the Lab" src="/lab/index.html#${content.trim()}" loading="lazy"></iframe>`
      }
    },
  },
  ignoreDeadLinks: [/^\/lab\//], // it is built beside the pages
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    // The search does not index the types that are shown on hover.
    search: {
      provider: 'local',
      options: { _render: (text, env, md) => md.render(text.replaceAll(/^(\s*```ts) .*$/gm, '$1'), env) },
    },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/learn/guide' },
      { text: 'How to', link: '/how-to/install' },
      { text: 'Examples', link: '/examples/' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      room('Learn', 'learn'),
      room('Lessons', 'lessons'),
      room('Examples', 'examples/cancellation'),
      room('How to', 'how-to'),
      api(),
      room('Reference', 'reference'),
      room('Explanation', 'explanation'),
    ],
    socialLinks: [{ icon: 'github', link: 'https://github.com/spindle-js/spindle' }],
  },
})

/**
 * @param {string} text
 * @param {string} folder
 */
function room(text, folder) {
  const files = readdirSync(`${pages}${folder}`).filter((file) => file.endsWith('.md'))
  return {
    text,
    items: files.map((file) => ({ text: titleOf(`${folder}/${file}`), link: `/${folder}/${file.replace('.md', '')}` })),
  }
}

function api() {
  return { text: 'API', items: JSON.parse(readFileSync(`${pages}api/typedoc-sidebar.json`, 'utf8')) }
}

/** @param {string} file */
function titleOf(file) {
  const [, title = file] = /^# (.*)$/m.exec(readFileSync(`${pages}${file}`, 'utf8')) ?? []
  return title.replaceAll('`', '')
}
