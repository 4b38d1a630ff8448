// Prints a program as readable Python and TypeScript. Statements have their number, `# 7`, as in the trace.

import { type Block, constructOf, type Node, type Program, type Value } from './language.ts'

/** The printer that is passed to constructs. */
export interface Printer {
  readonly language: 'python' | 'typescript'
  /** An awaitable or an action, as an expression. */
  expression(node: Node): string
  /** Statements, one or more lines each. */
  block(nodes: Block): string[]
  /** Hoists a coroutine function with these statements, and returns a call of it. */
  body(nodes: Block, hint?: string): string
  /** Hoists a plain function with these actions, and returns its name. */
  callback(nodes: Block): string
  /** A variable that is about to be assigned. */
  assigned(name: string): string
  variable(name: string): string
  value(value: Value | undefined): string
  /** A duration in ms, in the unit of the language. */
  duration(ms: number): string
}

export function toPython(program: Program): string {
  return new PythonPrinter().program(program)
}

export function toTypeScript(program: Program): string {
  return new TypeScriptPrinter().program(program)
}

export function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `    ${line}`))
}

abstract class BasePrinter {
  protected readonly functions: string[] = []
  protected readonly names = new Set<string>()
  protected hoisted = 0

  abstract readonly language: 'python' | 'typescript'
  protected abstract readonly comment: string
  protected abstract readonly none: string
  protected abstract statement(node: Node): string[]
  protected abstract hoist(name: string, nodes: Block, isCoroutine: boolean): void

  expression(node: Node): string {
    const construct = constructOf(node)
    if (construct.kind === 'block') throw new Error(`${node.op} is a statement`)
    const text = construct[this.language](node, this as unknown as Printer)
    return text
  }

  block(nodes: Block): string[] {
    return nodes.flatMap((node) => {
      const [first = '', ...rest] = node.op === 'return' ? this.returned(node) : this.statement(node)
      return [node.id === undefined ? first : `${first}  ${this.comment} ${node.id}`, ...rest]
    })
  }

  body(nodes: Block, hint = 'body'): string {
    const name = `${hint}${++this.hoisted}`
    this.hoist(name, nodes, true)
    return `${name}()`
  }

  callback(nodes: Block): string {
    const name = `callback${++this.hoisted}`
    this.hoist(name, nodes, false)
    return name
  }

  assigned(name: string): string {
    this.names.add(name)
    return name
  }

  protected returned(node: Node): string[] {
    return [`return ${this.value((node as Node & { value: Value }).value)}`]
  }

  value(value: Value | undefined): string {
    if (value === undefined || value === null) return this.none
    if (typeof value === 'string') return `'${value}'`
    if (this.language === 'python' && typeof value === 'boolean') return value ? 'True' : 'False'
    return String(value)
  }
}

class PythonPrinter extends BasePrinter implements Printer {
  readonly language = 'python'
  protected readonly comment = '#'
  protected readonly none = 'None'

  program(program: Program): string {
    this.hoist('main', program.main, true)
    const runs = (program.runs ?? []).map((run) => {
      if ('forever' in run) return `loop.call_later(${this.duration(run.forever)}, loop.stop); loop.run_forever()`
      return `loop.run_until_complete(${'awaited' in run ? run.awaited : this.body(run.statements, 'next')})`
    })
    const ends = program.closes ? ['runner.close()'] : []
    const start =
      runs.length + ends.length === 0
        ? ['asyncio.run(main())']
        : ['runner = asyncio.Runner()', 'loop = runner.get_loop()', 'loop.run_until_complete(main())']
    const lines = [...this.functions, ...cancelComment(program, '#'), ...start, ...runs, ...ends]
    return ['import asyncio', '', ...lines].join('\n')
  }

  variable(name: string): string {
    return name === 'me' ? 'asyncio.current_task()' : name
  }

  duration(ms: number): string {
    return String(ms / 1000)
  }

  protected statement(node: Node): string[] {
    const construct = constructOf(node)
    if (construct.kind === 'block') return construct.python(node, this)
    return [construct.kind === 'action' ? this.expression(node) : `await ${this.expression(node)}`]
  }

  protected hoist(name: string, nodes: Block, isCoroutine: boolean): void {
    const before = new Set(this.names)
    this.names.clear()
    const lines = this.block(nodes)
    const globals = this.names.size > 0 ? [`global ${[...this.names].join(', ')}`] : []
    this.names.clear()
    for (const known of before) this.names.add(known)
    const body = lines.length > 0 ? lines : ['pass']
    const head = `${isCoroutine ? 'async ' : ''}def ${name}(${isCoroutine ? '' : '*_'}):`
    this.functions.push(head, ...indented([...globals, ...body]), '')
  }
}

class TypeScriptPrinter extends BasePrinter implements Printer {
  readonly language = 'typescript'
  protected readonly comment = '//'
  protected readonly none = 'undefined'

  program(program: Program): string {
    this.hoist('main', program.main, true)
    const names = this.names.size > 0 ? [`let ${[...this.names].join(', ')}`, ''] : []
    const runs = (program.runs ?? []).map((run) => {
      if ('forever' in run) return `loop.callLater(${run.forever}, () => loop.stop()); await loop.runForever()`
      return `await loop.runUntilComplete(${'awaited' in run ? run.awaited : this.body(run.statements, 'next')})`
    })
    const ends = program.closes ? ['await runner.close()'] : []
    const start =
      runs.length + ends.length === 0
        ? ['await run(main())']
        : ['const runner = new Runner()', 'const loop = runner.getLoop()', 'await loop.runUntilComplete(main())']
    return [...names, ...this.functions, ...cancelComment(program, '//'), ...start, ...runs, ...ends].join('\n')
  }

  variable(name: string): string {
    return name === 'me' ? 'currentTask()' : name
  }

  duration(ms: number): string {
    return String(ms)
  }

  protected statement(node: Node): string[] {
    const construct = constructOf(node)
    if (construct.kind === 'block') return construct.typescript(node, this)
    return [construct.kind === 'action' ? this.expression(node) : `yield* ${this.expression(node)}`]
  }

  protected hoist(name: string, nodes: Block, isCoroutine: boolean): void {
    const lines = this.block(nodes)
    this.functions.push(`function${isCoroutine ? '*' : ''} ${name}() {`, ...indented(lines), '}', '')
  }
}

function cancelComment(program: Program, comment: string): string[] {
  const { cancel } = program
  if (cancel === undefined) return []
  const how = cancel.how === 'now' ? 'main is cancelled' : 'a callback is set that cancels main'
  return [`${comment} and: ${how} at entry ${cancel.at} of the trace`]
}
