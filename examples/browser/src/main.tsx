import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { run } from 'spindle'
import './count-down.ts'
import { Download } from './download.tsx'
import { searchAsYouType } from './search.ts'

const lines: string[] = []
const leaving = new AbortController()
const element = (id: string) => document.getElementById(id) as HTMLElement

run(searchAsYouType(element('search') as HTMLInputElement, element('found')), { signal: leaving.signal }).catch(
  (error) => lines.push(`search ended: ${error.name}`),
)
const root = createRoot(element('react'))
root.render(
  <StrictMode>
    <Download log={(line) => lines.push(line)} />
  </StrictMode>,
)
const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
worker.onmessage = ({ data }) => {
  element('worker').textContent = `worker: ${data}`
}
// In development, Vite serves the source from a deeper folder, so its scope must be extended to the whole page.
const serviceWorker = import.meta.hot ? './src/service-worker.ts' : './service-worker.js'
navigator.serviceWorker
  .register(serviceWorker, { type: 'module', scope: './' })
  .catch((error) => lines.push(`${error}`))

// For the tests, and for use in the browser's console.
Object.assign(globalThis, { example: { lines, root, leaving } })
