// A service worker answers from the network while it is quick, and from its cache otherwise.

import { type Coroutine, call, rethrowIfCancelled, run, timeout } from 'spindle'

function* quickOrCached(request: Request): Coroutine<Response> {
  const cache = yield* call(() => caches.open('answers'))
  try {
    // The timeout also aborts the request.
    const response = yield* timeout(500, () => call((signal) => fetch(request, { signal })))
    if (response.ok) yield* call(() => cache.put(request, response.clone()))
    return response
  } catch (error) {
    rethrowIfCancelled(error)
    const cached = yield* call(() => cache.match(request))
    if (cached === undefined) throw error
    return cached
  }
}

// The types of a service worker and those of a page conflict, so this declares what it uses.
interface FetchEvent extends ExtendableEvent {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
interface ExtendableEvent extends Event {
  waitUntil(done: Promise<unknown>): void
}
declare const clients: { claim(): Promise<void> }

addEventListener('activate', (event) => (event as ExtendableEvent).waitUntil(clients.claim()))
addEventListener('fetch', (event) => {
  const asked = event as FetchEvent
  if (new URL(asked.request.url).pathname === '/news') asked.respondWith(run(quickOrCached(asked.request)))
})
