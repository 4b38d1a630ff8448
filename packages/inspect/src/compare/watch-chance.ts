/** A call of a function whose result differs from run to run. */
export interface ChanceCall {
  readonly row: number
  readonly what: string
  /** `main.ts:7`; '' if the engine does not know. */
  readonly where: string
}

// The loop reads the time as well, to decide when to give its host a turn.
const OURS = /[\\/](?:(?:@spindle|packages)[\\/](?:loop|task)|node_modules[\\/]spindle)[\\/](?!.*\.test\.)/

/** Records such calls in this thread until `stop()`. */
export function watchChance(rows: () => number): { readonly calls: readonly ChanceCall[]; stop(): void } {
  const calls: ChanceCall[] = []
  const note = (what: string): void => {
    const place = callerOf(new Error().stack ?? '')
    if (!OURS.test(place)) calls.push({ row: rows(), what, where: place.replace(/^.*[\\/]/, '') })
  }
  const undo = [
    watch(Math, 'random', () => note('Math.random()')),
    watch(performance, 'now', () => note('performance.now()')),
    watch(Date, 'now', () => note('Date.now()')),
    watch(globalThis, 'Date', () => note('new Date()')),
  ]
  return { calls, stop: () => undo.splice(0).forEach((one) => void one()) }
}

/** Calls `note` before each call of a function, and before it constructs something without arguments. */
function watch(target: object, name: string, note: () => void): () => void {
  const own = Object.getOwnPropertyDescriptor(target, name)
  const value = new Proxy(Reflect.get(target, name) as new (...args: unknown[]) => object, {
    apply(original, self, args: unknown[]) {
      note()
      return Reflect.apply(original, self, args) as unknown
    },
    construct(original, args: unknown[], newTarget) {
      if (args.length === 0) note()
      return Reflect.construct(original, args, newTarget) as object
    },
  })
  Object.defineProperty(target, name, { configurable: true, writable: true, value })
  return () => {
    if (own === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, own)
  }
}

/** The caller of a recorded function, as `/path/main.ts:7`, below the three frames of this file. */
function callerOf(stack: string): string {
  const lines = stack.split('\n').filter((line) => /:\d+:\d+\)?$/.test(line))
  const [, file, line] = /((?:[a-z]+:\/)?\/[^()\s]*|[A-Z]:\\[^()]*):(\d+):\d+\)?$/.exec(lines[3] ?? '') ?? []
  return file === undefined ? '' : `${file}:${line}`
}
