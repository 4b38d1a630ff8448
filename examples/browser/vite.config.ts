import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// These headers enable SharedArrayBuffer, so that a Web Worker may block: `runSync` in worker.ts. Nothing else needs
// them.
export const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

const file = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: file('.'),
  base: './',
  build: {
    target: 'es2023',
    rolldownOptions: {
      input: { page: file('index.html'), 'service-worker': file('src/service-worker.ts') },
      // A service worker controls the folder of its file, and is found by its name.
      output: { entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js') },
    },
  },
  server: { headers: { ...isolated, 'Service-Worker-Allowed': '/' } },
  preview: { headers: isolated },
  worker: { format: 'es' },
})
