// `npx spindle`: a prompt inside a running loop, like `python -m asyncio`. Each line is a Task; the Tasks that it
// starts continue while the next line is typed.

import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { createContext, runInContext } from 'node:vm'
import type { Coroutine, Task } from 'spindle'
import { compileLine, IncompleteError } from './compile-line.ts'

type Spindle = typeof import('spindle')

const BANNER = 'A loop is running: yield* waits, and Tasks go on between lines. Ctrl-C cancels, Ctrl-D ends.\n'

/** Answers each line until the input ends, and then cancels the Tasks that still run. */
export async function prompt(): Promise<void> {
  const { stdin: input, stdout: output } = process
  const spindle = (await importFrom('spindle').catch(() => import('spindle'))) as Spindle
  /** The declarations of all lines, and the exports of `spindle` and `spindle/more`. */
  const names: Record<string, unknown> = Object.assign(Object.create(null), spindle, await import('spindle/more'))
  const isTerminal = input.isTTY === true
  const completer = (part: string): [string[], string] => completions(part, names)
  const lines = createInterface({ input, output, terminal: isTerminal, completer })
  const typed = new spindle.Queue<string | undefined>()
  let begun = '' // the lines of an incomplete program
  let current: Task<unknown> | undefined
  let isOpen = true

  const ask = (): void => {
    lines.setPrompt(begun === '' ? '>>> ' : '... ')
    if (!isTerminal || !isOpen) return // Ctrl-D may come during a step, and Node 24 throws in prompt() then
    input.setRawMode(true)
    lines.prompt()
  }
  function* answerAll(): Coroutine<void> {
    for (;;) {
      ask()
      const line = yield* typed.get()
      if (line === undefined) return
      begun += `${line}\n`
      try {
        const { run, isOutside } = evaluated(begun, names, spindle)
        begun = ''
        if (isTerminal) input.setRawMode(false) // or Ctrl-C would be a key, which nobody reads during a step
        current = spindle.createTask(isOutside ? outside(run) : breakable(run(), spindle), { name: 'line' })
        const result = yield* current
        if (result !== undefined) output.write(`${inspect(result, { colors: isTerminal })}\n`)
      } catch (error) {
        if (error instanceof IncompleteError) continue
        begun = ''
        output.write(`${error instanceof Error ? error : `Uncaught ${inspect(error)}`}\n`)
      } finally {
        current = undefined
      }
    }
  }
  /** `runSync()` blocks the thread with another loop, which is not allowed in a Task of this one. */
  const outside = (run: () => Coroutine<unknown>): Coroutine<unknown> =>
    spindle.call(() => new Promise((resolve) => setImmediate(resolve)).then(() => run().next().value))
  // At the prompt Ctrl-C is a key. This listener of the signal comes before that of the run, which would cancel it all.
  const interrupt = (): void => {
    if (current !== undefined) return void current.cancel()
    begun = ''
    output.write('\n')
    ask()
  }

  if (isTerminal) output.write(BANNER)
  lines.on('line', (line) => typed.putNowait(line))
  lines.once('close', () => {
    isOpen = false
    typed.putNowait(undefined)
  })
  lines.on('SIGINT', interrupt)
  process.on('SIGINT', interrupt)
  try {
    await spindle.run(answerAll())
  } finally {
    process.off('SIGINT', interrupt)
    lines.close()
  }
}

/** The program as a coroutine function that has the names of the prompt. */
function evaluated(
  source: string,
  names: Record<string, unknown>,
  { call }: Spindle,
): { readonly run: () => Coroutine<unknown>; readonly isOutside: boolean } {
  const { code, names: declared, waits } = compileLine(source)
  for (const name of declared) names[name] ??= undefined
  // `with` shares the names of all lines. Running arbitrary code is the purpose.
  const text = `with ($names) return function* () {${code}\n}\n//# sourceURL=prompt`
  const run = new Function('$names', '$import', '$await', text)(
    names,
    (name: string) => call(() => importFrom(name)),
    (value: unknown) => call(async () => value),
  )
  return { run, isOutside: !waits && /\brunSync\(/.test(code) }
}

/** Ctrl-C ends a step of the line that never waits, too: such as an endless loop. */
function* breakable(line: Coroutine<unknown>, { CancelledError }: Spindle): Coroutine<unknown> {
  const context = createContext({ step: () => line.next() })
  for (;;) {
    let step: ReturnType<typeof line.next>
    try {
      step = runInContext('step()', context, { breakOnSigint: true })
    } catch (error) {
      throw (error as { code?: string }).code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED' ? new CancelledError() : error
    }
    if (step.done) return step.value
    try {
      const sent = yield step.value
      context['step'] = () => line.next(sent)
    } catch (error) {
      context['step'] = () => line.throw(error)
    }
  }
}

async function importFrom(name: string): Promise<object> {
  if (isBuiltin(name)) return import(name)
  const path = createRequire(join(process.cwd(), 'prompt.js')).resolve(name)
  return import(pathToFileURL(path).href)
}

function completions(typed: string, names: object): [found: string[], typed: string] {
  const [word = ''] = /[\w$]*$/.exec(typed) ?? []
  return [word === '' ? [] : Object.keys(names).filter((name) => name.startsWith(word)), word]
}
