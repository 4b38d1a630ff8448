import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// With these a Web Worker may block, as there is a SharedArrayBuffer: `runSync` in worker.ts. Nothing else needs them.
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
      // It is in charge of the folder it lies in, and is looked for by its name.
      output: { entryFileNames: ({ name }) => (name === 'service-worker' ? '[name].js' : 'assets/[name]-[hash].js') },
    },
  },
  server: { headers: { ...isolated, 'Service-Worker-Allowed': '/' } },
  preview: { headers: isolated },
  worker: { format: 'es' },
})
