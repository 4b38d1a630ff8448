/** A call of a function whose result differs from run to run. */
export interface ChanceCall {
  /** The number of rows before it. */
  readonly row: number
  readonly what: string
  /** `main.ts:7`; '' if the engine does not know. */
  readonly where: string
}

// The loop reads the time as well, to decide when to give its host a turn.
const OURS = /[\\/](?:@spindle|packages)[\\/](?:loop|task)[\\/](?!.*\.test\.)/

/** Records such calls in this thread until `stop()`. */
export function watchChance(rows: () => number): { readonly calls: readonly ChanceCall[]; stop(): void } {
  const calls: ChanceCall[] = []
  const note = (what: string, frame: number): void => {
    const place = placeOf(new Error().stack ?? '', frame)
    if (!OURS.test(place)) calls.push({ row: rows(), what, where: place.replace(/^.*[\\/]/, '') })
  }
  const undo = [
    watchFunction(Math, 'random', () => note('Math.random()', 3)),
    watchFunction(performance, 'now', () => note('performance.now()', 3)),
  ]
  const RealDate = Date
  globalThis.Date = new Proxy(RealDate, {
    construct(target, args, newTarget) {
      if (args.length === 0) note('new Date()', 2)
      return Reflect.construct(target, args, newTarget) as object
    },
    get(target, name, receiver) {
      if (name === 'now') note('Date.now()', 2)
      return Reflect.get(target, name, receiver) as unknown
    },
  })
  undo.push(() => {
    globalThis.Date = RealDate
  })
  return { calls, stop: () => undo.splice(0).forEach((one) => void one()) }
}

function watchFunction(target: object, name: string, note: () => void): () => void {
  const original = Reflect.get(target, name) as (...args: unknown[]) => unknown
  const own = Object.getOwnPropertyDescriptor(target, name)
  const value = (...args: unknown[]): unknown => {
    note()
    return original.apply(target, args)
  }
  Object.defineProperty(target, name, { configurable: true, writable: true, value })
  return () => {
    if (own === undefined) Reflect.deleteProperty(target, name)
    else Object.defineProperty(target, name, own)
  }
}

/** The place of a stack frame, as `/path/main.ts:7`. The recorded call is below the frames of this file. */
function placeOf(stack: string, frame: number): string {
  const lines = stack.split('\n').filter((line) => /:\d+:\d+\)?$/.test(line))
  const [, file, line] = /((?:[a-z]+:\/)?\/[^()\s]*|[A-Z]:\\[^()]*):(\d+):\d+\)?$/.exec(lines[frame] ?? '') ?? []
  return file === undefined ? '' : `${file}:${line}`
}
