import './tokens/tokens.css'
import './page/lab.css'
import './instrument/task-thread.css'
import './page/element.tsx'

// This file exists only in a build.
if (import.meta.env.PROD && 'serviceWorker' in navigator && location.protocol !== 'file:') {
  navigator.serviceWorker.register('./offline.js').catch(() => {}) // without it the page works, but not offline
}
