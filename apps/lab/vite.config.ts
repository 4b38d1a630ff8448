import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'
import { defineConfig, type Plugin } from 'vite'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './', // so that the page works from any sub-path
  plugins: [sandboxWorker(), offline()],
  build: {
    outDir: 'dist',
    target: 'es2023',
    chunkSizeWarningLimit: 1000,
    reportCompressedSize: true,
    rolldownOptions: {
      input: ['index.html', 'task-thread.html'].map((page) => fileURLToPath(new URL(page, import.meta.url))),
    },
  },
  server: { host: '127.0.0.1' },
  preview: { host: '127.0.0.1' },
})

/** `virtual:sandbox-worker`: the Worker as one string, since the sandbox can load nothing. */
function sandboxWorker(): Plugin {
  const id = '\0sandbox-worker'
  return {
    name: 'sandbox-worker',
    resolveId: (source) => (source === 'virtual:sandbox-worker' ? id : null),
    async load(asked) {
      if (asked !== id) return null
      return `export default ${JSON.stringify(await bundleWorker())}`
    },
  }
}

export async function bundleWorker(): Promise<string> {
  const input = fileURLToPath(new URL('src/sandbox/worker.ts', import.meta.url))
  const bundle = await rolldown({ input, platform: 'browser', transform: { define: { 'import.meta': '{}' } } })
  const { output } = await bundle.generate({ format: 'iife', minify: true })
  await bundle.close()
  return output[0].code
}

/** Writes a service worker that keeps every file of the build, so that the page works offline after the first load. */
function offline(): Plugin {
  return {
    name: 'offline',
    apply: 'build',
    generateBundle(_options, bundle) {
      const files = ['./', ...Object.keys(bundle).filter((name) => name !== 'index.html')]
      const version = createHash('sha256').update(Object.keys(bundle).sort().join()).digest('hex').slice(0, 8)
      const source = readFileSync(new URL('src/offline.js', import.meta.url), 'utf8')
        .replace("'%FILES%'", JSON.stringify(files))
        .replace('%VERSION%', version)
      this.emitFile({ type: 'asset', fileName: 'offline.js', source })
    },
  }
}
