// The rows of the main table of docs/explanation/performance.md, with the reason wherever Spindle is slower.

const MADE = 'a Task has a name and a context, can be found and cancelled, and starts in the next turn'
const PROMISE = 'a Future, a callback and a step of the Task come on top of the promise'
const HANDLE = 'a handle for each, and a look at the clock'
const PLAIN = '`yield*` of a plain call takes a frame each'

/** @type {Record<string, { what?: string, slower?: string, slowPeers?: boolean }>} */
export const inMain = {
  switch: { what: '1000 Tasks take turns' },
  'switch-mixed': {
    what: '… of 20 different functions',
    slower: 'each function has machine code of its own, where `yield*` calls what it waits for the general way',
  },
  'spawn-seq': { what: 'a Task is made and awaited, one by one', slower: MADE },
  'spawn-all': { what: '100,000 Tasks are made and gathered', slower: MADE },
  'spawn-wrapped': { what: '… by a `coroutine()`', slower: `${MADE}; it is also seen to be awaited` },
  future: { what: 'a value is handed over, and a receipt back', slower: 'two Tasks have little to do between steps' },
  'queue-1': {
    what: 'a queue with room for 1',
    slower: 'each item takes two switches, and two Tasks have little else to do',
  },
  'queue-1000': { what: 'a queue with room for 1000' },
  lock: { what: '1000 Tasks share a lock' },
  'depth-100': { what: 'a switch 100 calls deep, `coroutine()`', slower: 'one Task alone does nothing but switch' },
  'deep-1000': { what: 'a switch 1000 calls deep, `spindle/deep`', slower: PLAIN },
  fib: {
    what: 'calls that never wait',
    slower: 'Effection nests bare generators: 100 calls deep a switch takes 110 × native there, see `depth-100`',
    slowPeers: true,
  },
  'cancel-alone': {
    what: '100,000 Tasks are cancelled',
    slower: 'an error object is made and thrown for each `finally`',
  },
  'timers-100k': { what: '100,000 Tasks sleep for 0…1000 ms' },
  'timers-1M': { what: 'a million Tasks sleep' },
  'timers-cancel': { what: 'a million timers are set and cancelled', slower: HANDLE },
  'timers-cancel-one': { what: '… with one delay', slower: HANDLE },
  promise: { what: 'promises are awaited, one by one', slower: PROMISE },
  'promise-async': { what: '… of async functions', slower: PROMISE },
  'promise-settled': { what: '… that are settled', slower: PROMISE },
  memory: { what: 'memory of a sleeping Task' },
  'memory-wrapped': { what: '… of a `coroutine()`' },
  'memory-sleep': { what: '… of `createTask(sleep(…))`' },
  'start-up': { what: 'loading and an empty `main`, CPU', slower: 'the library is read and parsed' },
  whole: { what: 'a small program as a process', slower: 'the library is loaded and compiled', slowPeers: true },
}
