// Inserts calls into a program so that a run can report the lines of each Task: the `yield*` at which each of its
// frames waits, when a `catch` or `finally` is entered, and when a loop never waits. It only inserts code, never adds a
// line, and does not change behaviour:
//
//   function* read(): …  {            function* read() {const __f=__lab.enter(0);try{
//     try {                             try {
//       yield* sleep(10)       →          yield* __lab.at(__f,0,sleep(10))
//     } finally {                       } finally {__lab.entered(__f,'finally',4);
//       close()                           __lab.unused(5,close())
//     }                                 }
//   }                                 }finally{__lab.leave(__f)}}
//
// `__lab.at` and `__lab.unused` return their last argument. Statements that are not allowed in a function body (imports
// and exports) are the exception: they are rewritten in place, on their own lines.

import { type Node, parse } from 'acorn'
import MagicString from 'magic-string'

/** A `yield*` of the program: a point at which a Task can wait, and be cancelled. */
export interface AwaitPoint {
  readonly id: number
  /** 1 is the first line. */
  readonly line: number
  readonly function: string
  /**
   * The index of the `yield*` in its function: together with the function's name, it finds the point again after an
   * edit elsewhere.
   */
  readonly nth: number
}

export interface GeneratorFunction {
  readonly name: string
  readonly line: number
}

/** A program that is ready to run as the body of an async function with a parameter `runtime`. */
export interface Inserted {
  readonly code: string
  /** The name of the parameter for the runtime. */
  readonly runtime: string
  readonly awaits: readonly AwaitPoint[]
  readonly functions: readonly GeneratorFunction[]
}

export class ProgramSyntaxError extends SyntaxError {
  override readonly name = 'ProgramSyntaxError'
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.line = line
  }
}

type AnyNode = Node & Record<string, unknown>

/** Inserts the calls into a program without types. @throws acorn's SyntaxError, with `loc` */
export function insert(source: string): Inserted {
  return new Inserter(source).run()
}

interface FunctionScope {
  readonly name: string
  /** Whether the function has a frame: a generator function that is not async. */
  readonly framed: boolean
  awaits: number
}

const OUTSIDE: FunctionScope = { name: '', framed: false, awaits: 0 }

class Inserter {
  readonly #source: string
  readonly #runtime: string
  readonly #frame: string
  readonly #code: MagicString
  readonly #imports: string[] = []
  readonly #awaits: AwaitPoint[] = []
  readonly #functions: GeneratorFunction[] = []
  #scope: FunctionScope = OUTSIDE

  constructor(source: string) {
    this.#source = source
    this.#code = new MagicString(source)
    this.#runtime = unusedName('__lab', source)
    this.#frame = unusedName('__f', source)
  }

  run(): Inserted {
    const program = parse(this.#source, {
      ecmaVersion: 'latest',
      sourceType: 'module',
      locations: true,
      allowAwaitOutsideFunction: true,
      preserveParens: true, // so that text inserted around an expression goes around its parentheses, too
    }) as unknown as AnyNode
    for (const statement of program['body'] as AnyNode[]) {
      this.#name((statement['declaration'] as AnyNode | undefined) ?? statement)
      this.#visit(statement, '')
    }
    return {
      code: this.#imports.join('') + this.#code.toString(),
      runtime: this.#runtime,
      awaits: this.#awaits,
      functions: this.#functions,
    }
  }

  /**
   * A coroutine does not know its name. Function declarations are hoisted, so they are named at the start of the
   * program.
   */
  #name(declaration: AnyNode): void {
    if (declaration.type !== 'FunctionDeclaration' || !declaration['generator'] || !isNode(declaration['id'])) return
    this.#imports.push(`${this.#runtime}.named(${identifierName(declaration['id'])});`)
  }

  /** @param name the name of a function found here */
  #visit(node: AnyNode, name: string): void {
    switch (node.type) {
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        return this.#visitFunction(node, name)
      case 'YieldExpression':
        return this.#visitYield(node)
      case 'ExpressionStatement':
        return this.#visitStatement(node)
      case 'WhileStatement':
      case 'DoWhileStatement':
      case 'ForStatement':
      case 'ForInStatement':
      case 'ForOfStatement':
        return this.#visitLoop(node)
      case 'BlockStatement':
        return this.#visitBlock(node)
      case 'CatchClause':
        this.#enters(node['body'] as AnyNode, 'catch', node)
        break
      case 'TryStatement':
        if (node['finalizer']) this.#enters(node['finalizer'] as AnyNode, 'finally', node['finalizer'] as AnyNode)
        break
      case 'PropertyDefinition':
      case 'StaticBlock': {
        const outer = this.#scope
        this.#scope = OUTSIDE
        this.#visitChildren(node, keyName(node['key']))
        this.#scope = outer
        return
      }
      case 'VariableDeclarator':
        return this.#visitChildren(node, identifierName(node['id']))
      case 'AssignmentExpression':
        return this.#visitChildren(node, identifierName(node['left']))
      case 'MethodDefinition':
      case 'Property':
        return this.#visitChildren(node, keyName(node['key']))
      case 'ImportDeclaration':
        return this.#rewriteImport(node)
      case 'ImportExpression':
        this.#replace(node.start, node.start + 'import'.length, `${this.#runtime}.load`)
        break
      case 'MetaProperty':
        if ((node['meta'] as AnyNode)['name'] === 'import')
          this.#replace(node.start, node.end, `${this.#runtime}.meta()`)
        return
      case 'ExportNamedDeclaration':
      case 'ExportDefaultDeclaration':
      case 'ExportAllDeclaration':
        return this.#rewriteExport(node)
    }
    this.#visitChildren(node, '')
  }

  #visitChildren(node: AnyNode, name: string): void {
    for (const key in node) {
      const value = node[key]
      if (Array.isArray(value)) {
        for (const child of value) if (isNode(child)) this.#visit(child, '')
      } else if (isNode(value)) {
        this.#visit(value, name)
      }
    }
  }

  /** `using` becomes `try` and `finally`, since not every browser has it. */
  #visitBlock(node: AnyNode): void {
    const closing: string[] = []
    for (const statement of node['body'] as AnyNode[]) {
      this.#visit(statement, '')
      if (statement.type !== 'VariableDeclaration' || statement['kind'] !== 'using') continue
      this.#replace(statement.start, statement.start + 'using'.length, 'const')
      const names = (statement['declarations'] as AnyNode[]).map(({ id }) => identifierName(id))
      this.#close(statement.end, ';try{')
      closing.unshift(
        `}finally{${names
          .reverse()
          .map((name) => `${name}?.[Symbol.dispose]();`)
          .join('')}}`,
      )
    }
    for (const text of closing) this.#close(node.end - 1, text)
  }

  #visitFunction(node: AnyNode, givenName: string): void {
    const outer = this.#scope
    const name = identifierName(node['id']) || givenName || 'anonymous'
    const framed = node['generator'] === true && node['async'] !== true
    this.#scope = { name, framed, awaits: 0 }
    const body = node['body'] as AnyNode
    if (framed && (body['body'] as AnyNode[]).length > 0) {
      const id = this.#functions.push({ name, line: lineOf(node) }) - 1
      this.#open(afterDirectives(body), `const ${this.#frame}=${this.#runtime}.enter(${id});try{`)
      this.#visitChildren(node, '')
      this.#close(body.end - 1, `}finally{${this.#runtime}.leave(${this.#frame})}`)
    } else {
      this.#visitChildren(node, '')
    }
    this.#scope = outer
  }

  #visitYield(node: AnyNode): void {
    const argument = node['argument'] as AnyNode | null
    if (node['delegate'] !== true || argument === null || !this.#scope.framed) return this.#visitChildren(node, '')
    const line = lineOf(node)
    const id = this.#awaits.length
    this.#awaits.push({ id, line, function: this.#scope.name, nth: ++this.#scope.awaits })
    this.#open(argument.start, `${this.#runtime}.at(${this.#frame},${id},`)
    this.#visit(argument, '')
    this.#close(argument.end, ')')
  }

  /** A statement that is only a call: its result is unused, which is a mistake if it is a coroutine. */
  #visitStatement(node: AnyNode): void {
    let expression = node['expression'] as AnyNode
    while (expression.type === 'ParenthesizedExpression') expression = expression['expression'] as AnyNode
    if (expression.type !== 'CallExpression') return this.#visitChildren(node, '')
    const outermost = node['expression'] as AnyNode
    this.#open(outermost.start, `${this.#runtime}.unused(${lineOf(node)},`)
    this.#visitChildren(node, '')
    this.#close(outermost.end, ')')
  }

  #visitLoop(node: AnyNode): void {
    const body = node['body'] as AnyNode
    const tick = `${this.#runtime}.tick(${lineOf(node)});`
    const isBlock = body.type === 'BlockStatement'
    this.#open(isBlock ? body.start + 1 : body.start, isBlock ? tick : `{${tick}`)
    this.#visitChildren(node, '')
    if (!isBlock) this.#close(body.end, '}')
  }

  #enters(block: AnyNode, what: 'catch' | 'finally', at: AnyNode): void {
    if (!this.#scope.framed) return
    this.#open(block.start + 1, `${this.#runtime}.entered(${this.#frame},'${what}',${lineOf(at)});`)
  }

  #rewriteImport(node: AnyNode): void {
    const from = JSON.stringify((node['source'] as AnyNode)['value'])
    const specifiers = node['specifiers'] as AnyNode[]
    const names: string[] = []
    for (const specifier of specifiers) {
      const local = identifierName(specifier['local'])
      if (specifier.type === 'ImportNamespaceSpecifier') {
        this.#imports.push(`const ${local}=${this.#runtime}.module(${from},[]);`)
      } else {
        const imported = specifier.type === 'ImportSpecifier' ? keyName(specifier['imported']) : 'default'
        names.push(`${JSON.stringify(imported)}:${local}`)
      }
    }
    const asked = names.map((name) => name.slice(0, name.indexOf(':'))).join(',')
    if (names.length > 0) {
      this.#imports.push(`const {${names.join(',')}}=${this.#runtime}.module(${from},[${asked}]);`)
    } else if (specifiers.length === 0) {
      this.#imports.push(`${this.#runtime}.module(${from},[]);`)
    }
    this.#replace(node.start, node.end, ';')
  }

  #rewriteExport(node: AnyNode): void {
    const declaration = node['declaration'] as AnyNode | null | undefined
    if (node['source'])
      this.#imports.push(`${this.#runtime}.module(${JSON.stringify((node['source'] as AnyNode)['value'])},[]);`)
    if (!declaration) return this.#replace(node.start, node.end, ';')
    const isNamed =
      /Declaration$/.test(declaration.type) &&
      (declaration['id'] !== null || declaration.type === 'VariableDeclaration')
    this.#replace(node.start, declaration.start, isNamed ? '' : ';(')
    this.#visit(declaration, 'default')
    if (!isNamed) this.#close(declaration.end, ')')
  }

  // At one position, closing text comes before opening text.
  #open(at: number, text: string): void {
    this.#code.appendRight(at, text)
  }

  #close(at: number, text: string): void {
    this.#code.appendLeft(at, text)
  }

  #replace(at: number, end: number, text: string): void {
    this.#code.update(at, end, text + this.#source.slice(at, end).replace(/[^\n]+/g, ''))
  }
}

function lineOf({ loc }: AnyNode): number {
  return loc!.start.line
}

function afterDirectives(body: AnyNode): number {
  let at = body.start + 1
  for (const statement of body['body'] as AnyNode[]) {
    if (typeof statement['directive'] !== 'string') break
    at = statement.end
  }
  return at
}

function identifierName(node: unknown): string {
  if (!isNode(node)) return ''
  return node.type === 'Identifier'
    ? String(node['name'])
    : node.type === 'MemberExpression'
      ? keyName(node['property'])
      : ''
}

function keyName(node: unknown): string {
  if (!isNode(node)) return ''
  if (node.type === 'PrivateIdentifier') return `#${String(node['name'])}`
  return node.type === 'Literal' ? String(node['value']) : identifierName(node)
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

function unusedName(wanted: string, source: string): string {
  let name = wanted
  while (source.includes(name)) name += '_'
  return name
}
