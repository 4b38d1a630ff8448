// The rows of the main table of docs/explanation/performance.md.

/** @type {Record<string, { what?: string, slowPeers?: boolean }>} */
export const inMain = {
  switch: { what: '1000 Tasks take turns' },
  'switch-mixed': {
    what: '… of 20 different functions',
  },
  'spawn-seq': { what: 'a Task is made and awaited, one by one' },
  'spawn-all': { what: '100,000 Tasks are made and gathered' },
  'spawn-wrapped': { what: '… by a `coroutine()`' },
  future: { what: 'a value is handed over, and a receipt back' },
  'queue-1': {
    what: 'a queue with room for 1',
  },
  'queue-1000': { what: 'a queue with room for 1000' },
  lock: { what: '1000 Tasks share a lock' },
  'depth-100': { what: 'a switch 100 calls deep, `coroutine()`' },
  fib: {
    what: 'calls that never wait',
    slowPeers: true,
  },
  'cancel-alone': {
    what: '100,000 Tasks are cancelled',
  },
  'timers-100k': { what: '100,000 Tasks sleep for 0…1000 ms' },
  'timers-1M': { what: 'a million Tasks sleep' },
  'timers-cancel': { what: 'a million timers are set and cancelled' },
  'timers-cancel-one': { what: '… with one delay' },
  promise: { what: 'promises are awaited, one by one' },
  'promise-async': { what: '… of async functions' },
  'promise-settled': { what: '… that are settled' },
  'await-call': { what: '`call` of a promise that settles after a turn of the host' },
  'await-call-settled': { what: '… that is settled' },
  'for-each': { what: '`forEach` over an async generator' },
  'stream-tokens': { what: '… over the chunks of a response' },
  handler: { what: 'a request in `handler()`' },
  'pool-call': { what: 'a call in a pool of one thread' },
  memory: { what: 'memory of a sleeping Task' },
  'memory-wrapped': { what: '… of a `coroutine()`' },
  'memory-sleep': { what: '… of `createTask(sleep(…))`' },
  'start-up': { what: 'loading and an empty `main`, CPU' },
  whole: { what: 'a small program as a process', slowPeers: true },
}
