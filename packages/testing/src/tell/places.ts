import { callerLines } from '../own-frames.ts'

/**
 * Tells the lines that set timers. All timers of a program may be set by one helper, such as `pause()`: a line after
 * which stacks differ. Only what has called it tells two timers apart.
 */
export class Places {
  // For each beginning of a stack, the lines that follow.
  readonly #next = new Map<string, Set<string>>()

  constructor(stacks: Iterable<Error>) {
    for (const stack of stacks) {
      const lines = callerLines(stack).map(([line]) => line)
      for (const [n] of lines.entries()) {
        const beginning = lines.slice(0, n + 1).join()
        this.#next.set(beginning, (this.#next.get(beginning) ?? new Set()).add(lines[n + 1] ?? ''))
      }
    }
  }

  /** `load (server.ts:12), called by main (main.ts:3)`; '' if there is no stack. */
  of(stack: Error | undefined): string {
    const frames = stack === undefined ? [] : callerLines(stack)
    const lines = frames.map(([line]) => line)
    const callers = lines.flatMap((_, n) => {
      const isHelper = (this.#next.get(lines.slice(0, n + 1).join())?.size ?? 0) > 1
      return isHelper && n + 1 < lines.length ? n + 1 : []
    })
    const shown = callers.length === 0 ? [0, 1] : [callers[0] as number, callers.at(-1) as number]
    return [...new Set(shown)].flatMap((n) => frames[n]?.[1] ?? []).join(', called by ')
  }
}
