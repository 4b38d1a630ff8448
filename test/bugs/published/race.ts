/** A race in a published package: the version that had it, the version that mended it, and a program for both. */
export interface PublishedRace {
  /** What goes wrong. */
  readonly name: string
  /** Where the race was reported. */
  readonly source: string
  readonly broken: string
  readonly fixed: string
  /** The sub-paths of the package that the program uses. @default its main entry */
  readonly entries?: readonly string[]
  /** Uses the exports of the package. Ends well in the ordinary run. */
  program(module: never, context: { readonly signal: AbortSignal }): Promise<void>
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms))

export function must(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise)
}
