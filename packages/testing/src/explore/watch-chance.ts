/** Until `stop()`, records calls of functions that differ from run to run, or that have no effect in virtual time. */
export function watchChance(): { readonly calls: ReadonlySet<string>; stop(): void } {
  const calls = new Set<string>()
  const note = (what: string): void => void calls.add(what + placeInStack(new Error().stack ?? ''))
  const undo = [
    watchFunction(Math, 'random', () => note('Math.random()')),
    watchFunction(globalThis, 'setTimeout', () => note('setTimeout()')),
    watchFunction(globalThis, 'setImmediate', () => note('setImmediate()')),
    watchFunction(Date, 'now', () => note('Date.now()')),
  ]
  const RealDate = Date
  globalThis.Date = new Proxy(RealDate, {
    construct(target, args, newTarget) {
      if (args.length === 0) note('new Date()')
      return Reflect.construct(target, args, newTarget) as object
    },
  })
  undo.push(() => {
    globalThis.Date = RealDate
  })
  return {
    calls,
    stop() {
      for (const one of undo.splice(0)) one()
    },
  }
}

function watchFunction(target: object, name: string, note: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name)
  const original = Reflect.get(target, name) as unknown
  if (own === undefined || typeof original !== 'function') return () => {}
  const watched = function (this: unknown, ...args: unknown[]): unknown {
    note()
    return Reflect.apply(original, this, args)
  }
  Object.defineProperty(target, name, { ...own, ...('get' in own ? { get: () => watched } : { value: watched }) })
  return () => void Object.defineProperty(target, name, own)
}

// note(), its caller and the watched function are above the caller on the stack.
const CALLER = 3

/** The place of the call, as ` at /path/main.ts:7`; '' if the engine does not know it. */
function placeInStack(stack: string): string {
  const frames = stack.split('\n').filter((line) => /:\d+:\d+\)?$/.test(line))
  const [, place] = /([^\s()]+:\d+):\d+\)?$/.exec(frames[CALLER] ?? '') ?? []
  return place === undefined ? '' : ` at ${place}`
}
