// `npx spindle`: a prompt inside a running loop, as `python -m asyncio`. Each line is a Task; what it starts goes on
// while the next one is typed.

import { createRequire, isBuiltin } from 'node:module'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import type { Coroutine, Task } from 'spindle'
import { compileLine, IncompleteError } from './compile-line.ts'

type Spindle = typeof import('spindle')

const BANNER = `A loop is running: yield* waits, and Tasks go on between lines.
Ctrl-C cancels the line that waits, Ctrl-D ends.
`

/** Answers each line until the input ends, and then cancels the Tasks that still run. */
export async function prompt(): Promise<void> {
  const { stdin: input, stdout: output } = process
  const spindle = (await importFrom('spindle').catch(() => import('spindle'))) as Spindle
  const names: Record<string, unknown> = Object.assign(Object.create(null), spindle)
  const isTerminal = input.isTTY === true
  if (isTerminal) output.write(BANNER)
  const completer = (typed: string): [string[], string] => completions(typed, names)
  const lines = createInterface({ input, output, terminal: isTerminal, completer })
  const session = new Session(spindle, names, lines, isTerminal, (text) => void output.write(`${text}\n`))
  // On a terminal Ctrl-C is a key. This listener of the signal comes before that of the run, which would cancel it all.
  const interrupt = (): void => session.interrupt()
  lines.on('SIGINT', interrupt)
  process.on('SIGINT', interrupt)
  try {
    await spindle.run(session.answerAll())
  } finally {
    process.off('SIGINT', interrupt)
    lines.close()
  }
}

class Session {
  readonly #spindle: Spindle
  /** The declarations of all lines, and the exports of `spindle`. */
  readonly #names: Record<string, unknown>
  readonly #lines: Interface
  readonly #isTerminal: boolean
  readonly #print: (text: string) => void
  readonly #typed: { get(): Coroutine<string | undefined>; putNowait(line: string | undefined): void }
  /** The lines of an incomplete program. */
  #begun = ''
  /** The line that waits. */
  #current: Task<unknown> | undefined

  constructor(
    spindle: Spindle,
    names: Record<string, unknown>,
    lines: Interface,
    isTerminal: boolean,
    print: (text: string) => void,
  ) {
    this.#spindle = spindle
    this.#names = names
    this.#lines = lines
    this.#isTerminal = isTerminal
    this.#print = print
    this.#typed = new spindle.Queue<string | undefined>()
    lines.on('line', (line) => this.#typed.putNowait(line))
    lines.on('close', () => this.#typed.putNowait(undefined))
  }

  *answerAll(): Coroutine<void> {
    for (;;) {
      this.#ask()
      const line = yield* this.#typed.get()
      if (line === undefined) return
      this.#begun += `${line}\n`
      try {
        const { run, isOutside } = this.#lineOf(this.#begun)
        this.#begun = ''
        const result = isOutside ? yield* this.#outside(run) : yield* this.#inTask(run)
        if (result !== undefined) this.#print(inspect(result, { colors: this.#isTerminal }))
      } catch (error) {
        if (error instanceof IncompleteError) continue
        this.#begun = ''
        this.#print(error instanceof Error ? `${error}` : `Uncaught ${inspect(error)}`)
      }
    }
  }

  /** Cancels the line that waits, or drops the incomplete program. */
  interrupt(): void {
    if (this.#current !== undefined) return void this.#current.cancel()
    this.#begun = ''
    this.#print('')
    this.#ask()
  }

  #ask(): void {
    if (!this.#isTerminal) return
    this.#lines.setPrompt(this.#begun === '' ? '>>> ' : '... ')
    this.#lines.prompt()
  }

  *#inTask(run: () => Coroutine<unknown>): Coroutine<unknown> {
    const task = this.#spindle.createTask(run(), { name: 'line' })
    this.#current = task
    try {
      return yield* task
    } finally {
      this.#current = undefined
    }
  }

  /** `runSync()` blocks the thread with a loop of its own, which none of this one's Tasks can do. */
  *#outside(run: () => Coroutine<unknown>): Coroutine<unknown> {
    const ran = new Promise((resolve) => setImmediate(resolve)).then(() => run().next().value)
    return yield* this.#spindle.call(() => ran)
  }

  /** The program as a coroutine function that uses the names of the prompt. */
  #lineOf(source: string): { readonly run: () => Coroutine<unknown>; readonly isOutside: boolean } {
    const { code, names, waits } = compileLine(source)
    for (const name of names) this.#names[name] ??= undefined
    // `with` gives a line the names of those before it, and keeps its own there. Running what is typed is the purpose.
    const make = new Function(
      '$names',
      '$import',
      '$await',
      `with ($names) return function* () {${code}\n}\n//# sourceURL=prompt`,
    )
    const { call } = this.#spindle
    const run = make(
      this.#names,
      (name: string) => call(() => importFrom(name)),
      (value: unknown) => call(async () => value),
    )
    return { run, isOutside: !waits && /\brunSync\(/.test(code) }
  }
}

/** Imports a module as a program in the current folder would. */
async function importFrom(name: string): Promise<object> {
  if (isBuiltin(name)) return import(name)
  const path = createRequire(join(process.cwd(), 'prompt.js')).resolve(name)
  return import(pathToFileURL(path).href)
}

function completions(typed: string, names: object): [found: string[], typed: string] {
  const [word = ''] = /[\w$]*$/.exec(typed) ?? []
  return [word === '' ? [] : Object.keys(names).filter((name) => name.startsWith(word)), word]
}
