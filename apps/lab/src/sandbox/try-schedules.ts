// Runs a whole program under many schedules: "try all cancels" and the like. Each run evaluates the program again, up
// to its `run(main())`, so that no run sees what another has left in a variable.

import * as testing from '@spindle/testing'
import { isCoroutine } from 'spindle/more'
import { importModule } from './modules.ts'
import { TRIALS, type Trial } from './trial.ts'

/** The time for new schedules, in ms. */
const LONGEST = 5000

type ImportFrom = (name: string, wanted: readonly string[]) => Record<string, unknown>

/**
 * @param evaluateProgram evaluates the program, which imports by the function that it is given
 * @returns the verdict; `error`, if the program could not be explored
 */
export async function exploreProgram(
  trial: Trial,
  evaluateProgram: (importFrom: ImportFrom) => void,
): Promise<{ passed: boolean; message: string; error?: unknown }> {
  const program = (): never => {
    let main: unknown
    const capture = (coroutine: unknown): Promise<never> => {
      main ??= coroutine
      return new Promise(() => {}) // the rest of the program waits
    }
    evaluateProgram((name, wanted) => {
      const given = importModule(name, wanted)
      return 'run' in given ? { ...given, run: capture } : given
    })
    if (isCoroutine(main)) return main as never
    throw new Error('to try schedules, the program has to call run(main()) before its first await')
  }
  try {
    const { runs, covered } = await testing.explore(program, { ...TRIALS[trial], for: LONGEST })
    return { passed: true, message: `right in each of ${runs} runs (${covered})` }
  } catch (error) {
    if (error instanceof testing.ExplorationError) return { passed: false, message: inOneLine(error) }
    const message = error instanceof Error ? error.message : String(error)
    return { passed: false, message, error }
  }
}

/** The sentence on a failing schedule, and the text to replay it. The picture shows the rest. */
function inOneLine({ message, replay }: testing.ExplorationError): string {
  const [what, ...lines] = message.split('\n\n', 1)[0]?.split('\n') ?? []
  const sentence = [what, ...lines.filter((line) => /^ {2}(?:when|and) /.test(line))]
    .map((one) => one?.trim())
    .join(' ')
  return replay === '' ? `${sentence}` : `${sentence} (${replay})`
}
