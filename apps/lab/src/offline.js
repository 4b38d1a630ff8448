// The service worker of the built page: all files are kept at the first visit, and served from there.

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

// The page itself comes from the network while there is one, so that a new version is seen; all else has its hash in
// its name.
self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET') return
  if (request.mode === 'navigate') event.respondWith(fetch(request).catch(() => caches.match('./')))
  else event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)))
})
