import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// With these a Web Worker may block, as there is a SharedArrayBuffer: `runSync` in worker.ts. Nothing else needs them.
export const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
}

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  build: { target: 'es2023' },
  server: { headers: isolated },
  preview: { headers: isolated },
  worker: { format: 'es' },
})
