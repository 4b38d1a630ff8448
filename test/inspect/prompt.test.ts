// `npx spindle` without arguments: a prompt.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it, onTestFinished } from 'vitest'
import { type Block, blocksOf, expectedOutput, implicitModules, moduleOf } from '../docs/blocks.ts'
import { fits, LOAD_TYPESCRIPT, readersEnvironment, root } from '../tooling/run-example.ts'

const COMMAND = `${root}packages/inspect/src/main.ts`

class Prompt {
  readonly child: ChildProcess
  output = ''
  #changed = (): void => {}

  constructor(program = process.execPath, args: readonly string[] = [...LOAD_TYPESCRIPT, COMMAND]) {
    this.child = spawn(program, args, {
      cwd: `${root}examples`,
      env: readersEnvironment(),
    })
    onTestFinished(() => void this.child.kill('SIGKILL'))
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += chunk
        this.#changed()
      })
    }
  }

  type(text: string): void {
    this.child.stdin?.write(`${text}\n`)
  }

  /** Waits until the text has been printed. */
  async printed(text: string): Promise<void> {
    while (!this.output.includes(text)) {
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  /** Ends the input, and resolves to the exit code once all lines have been answered. */
  end(): Promise<number | null> {
    const ended = new Promise<number | null>((resolve) => this.child.once('close', resolve))
    this.child.stdin?.end()
    return ended
  }
}

/** What the prompt prints for some lines. */
async function answers(...lines: string[]): Promise<string> {
  const prompt = new Prompt()
  for (const line of lines) prompt.type(line)
  expect(await prompt.end()).toBe(0)
  return prompt.output
}

describe('the prompt', { timeout: 120_000 }, () => {
  it('answers expressions, with yield* and await, and keeps declarations', async () => {
    const printed = await answers(
      '1 + 1',
      'const [a, { b: c = 3 }] = [1, {}], d: number = 4',
      'yield* sleep(1, a + c + d)',
      'function* double(n: number): Coroutine<number> {',
      '  return yield* sleep(1, 2 * n)',
      '}',
      'yield* double(21)',
      'await run(double(50))',
      'runSync(double(60))',
      'class Door {',
      '  open = true',
      '}',
      'new Door()',
      "import { basename as base } from 'node:path'",
      "base('/a/b')",
      'undefined',
    )
    expect(printed).toBe("2\n8\n42\n100\n120\nDoor { open: true }\n'b'\n")
  })

  it('shows errors, and continues', async () => {
    const printed = await answers("throw new TypeError('one')", '1 +* 2', 'missing', "throw 'a text'", "'still here'")
    expect(printed).toMatch(
      /^TypeError: one\nSyntaxError: .*\nReferenceError: missing is not defined\nUncaught 'a text'\n'still here'\n$/,
    )
  })

  it('lets Tasks continue between lines, and cancels them at the end', async () => {
    const printed = await answers(
      'const event = new Event()',
      'function* wait() {',
      '  try {',
      "    console.log('waits')",
      '    yield* event.wait()',
      "    console.log('woken')",
      '    yield* sleep(1e9)',
      '  } finally {',
      '    yield* sleep(1)',
      "    console.log('cleaned up')",
      '  }',
      '}',
      'const task = createTask(wait())',
      'yield* sleep(0)',
      'event.set()',
      'task.done()',
      'yield* sleep(0)',
    )
    expect(printed).toBe('waits\nwoken\nfalse\ncleaned up\n')
  })

  it('cancels the line that waits at Ctrl-C, and nothing else', async () => {
    const prompt = new Prompt()
    prompt.type('const other = createTask(sleep(1e9))')
    // While the line waits: Node may lose a signal at the end of a step.
    prompt.type("getRunningLoop().callLater(1, () => console.log('ready')); yield* sleep(1e9)")
    await prompt.printed('ready')
    prompt.child.kill('SIGINT')
    await prompt.printed('CancelledError')
    prompt.type('other.done()')
    await prompt.printed('false')
    expect(await prompt.end()).toBe(0)
  })

  const SCRIPT = '/usr/bin/script' // gives a program a terminal

  it.runIf(existsSync(SCRIPT))('ends at Ctrl-D on a terminal, also while a line waits', async () => {
    const command = [process.execPath, ...LOAD_TYPESCRIPT, COMMAND].join(' ')
    const prompt = new Prompt(SCRIPT, ['-qec', command, '/dev/null'])
    await prompt.printed('>>> ')
    prompt.type('console.log(6 * 7); yield* sleep(500)')
    await prompt.printed('42')
    prompt.child.stdin?.write('\x04')
    const code = await prompt.end()
    expect({ code, output: prompt.output }).toEqual({ code: 0, output: expect.not.stringContaining('Error') })
  })

  it('ends a loop that never waits at Ctrl-C, and continues', async () => {
    const prompt = new Prompt()
    prompt.type("import { writeSync } from 'node:fs'")
    prompt.type("function* spin() { writeSync(1, 'spins'); for (;;) {} }")
    prompt.type('yield* sleep(1); yield* spin()')
    await prompt.printed('spins')
    prompt.child.kill('SIGINT')
    await prompt.printed('CancelledError')
    prompt.type("try { yield* sleep(1) } finally { 'still here'.length }")
    prompt.type("yield* sleep(1, 'still here')")
    expect(await prompt.end()).toBe(0)
    expect(prompt.output).toContain("\n'still here'\n")
  })

  // Node 22 and earlier cannot parse `using`, which a compiler replaces for them elsewhere.
  const hasUsing = Number(process.versions.node.split('.')[0]) >= 24
  const canBeTyped = ({ mode, code }: Block): boolean => mode === 'run' && (hasUsing || !/\busing \w+ =/.test(code))

  it('runs the blocks of the guide as they are printed', async () => {
    const file = 'docs/learn/guide.md'
    const modules = implicitModules(file)
    const blocks = blocksOf(file, readFileSync(`${root}${file}`, 'utf8')).filter(canBeTyped)
    expect(blocks.length).toBeGreaterThan(20)
    const prompt = new Prompt()
    for (const block of blocks) {
      prompt.type(`console.log('block ${block.line}')`)
      prompt.type(moduleOf(block, modules).replaceAll(/; (?=import|export)/g, '\n')) // one statement a line
    }
    expect(await prompt.end()).toBe(0)
    const printed = prompt.output.split(/^block /m).slice(1)
    const expected = blocks.map((block) => [block.line, ...(expectedOutput(block) ?? [])].join('\n'))
    expect(printed).toHaveLength(blocks.length)
    for (const [n, text] of printed.entries()) {
      const renumbered = text.replaceAll(/Task-\d+/g, 'Task-1') // there have been Tasks before
      if (!fits(renumbered, expected[n]!)) expect.soft(renumbered).toBe(expected[n])
    }
  })
})
