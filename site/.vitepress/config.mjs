import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'

const pages = fileURLToPath(new URL('../.pages/', import.meta.url))

export default defineConfig({
  title: 'Spindle',
  description: 'asyncio for TypeScript: an event loop with Tasks that can be cancelled.',
  srcDir: '.pages',
  outDir: 'dist',
  cleanUrls: false, // so that any file server does
  markdown: { html: false }, // Coroutine<T> in a sentence is no element
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    nav: [
      { text: 'Guide', link: '/learn/guide' },
      { text: 'How to', link: '/how-to/install' },
      { text: 'API', link: '/api/' },
    ],
    sidebar: [
      room('Learn', 'learn'),
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
    collapsed: false,
    items: files.map((file) => ({ text: titleOf(`${folder}/${file}`), link: `/${folder}/${file.replace('.md', '')}` })),
  }
}

function api() {
  return { text: 'API', collapsed: true, items: JSON.parse(readFileSync(`${pages}api/typedoc-sidebar.json`, 'utf8')) }
}

/** @param {string} file */
function titleOf(file) {
  const [, title = file] = /^# (.*)$/m.exec(readFileSync(`${pages}${file}`, 'utf8')) ?? []
  return title.replaceAll('`', '')
}
