// The service worker of the built page: it caches all files at the first visit, and serves them from the cache.

const VERSION = 'spindle-lab-%VERSION%'
const FILES = /** @type {string[]} */ (/** @type {unknown} */ ('%FILES%'))

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(VERSION)
      .then((cache) => cache.addAll(FILES))
      .then(() => self.skipWaiting()),
  )
})

self.addEventListener('activate', (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) =>
        Promise.all(
          names
            .filter((name) => name.startsWith('spindle-lab-') && name !== VERSION)
            .map((name) => caches.delete(name)),
        ),
      ),
  )
})

// The page itself is loaded from the network if possible, to find new versions; all other files have a hash in their
// names.
self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET') return
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => caches.match('./')))
  else event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)))
})
