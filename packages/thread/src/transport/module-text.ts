// The exports of a module, read by a parser from the JavaScript that the engine runs. A test runner puts a module into
// a function, and names the exports by calls:
//
//   export { work as job }                                                        the module itself
//   async (…) => {{ __vite_ssr_exportName__("job", () => { return work }) … }}    in Vitest
//   function (module, exports, …) { exports.job = work … }                        in Jest
//   __filename = '…'; (() => { module.exports = … })()                            CommonJS in tsx

import { createRequire } from 'node:module'
import type { AnyNode, Pattern, Program, VariableDeclaration } from 'acorn'
import {
  type Assignments,
  assignmentsIn,
  type FunctionNode,
  isExports,
  isFunction,
  isFunctionPerhaps,
  isModuleExports,
  namesIn,
} from './assignments.ts'
import { callingScript } from './calling-script.ts'
import type { Meta } from './own-functions.ts'

export interface SoughtFunction {
  /** Whether a variable of the module has it as its value. */
  isIn(variable: string): boolean
  /** Where its text begins and ends. */
  readonly span: { readonly start: number; readonly end: number } | undefined
  /** Whether a call has wrapped the function of that text: `coroutine(function* () {…})`. */
  readonly isWrapped: boolean
}

export class ModuleText {
  readonly #exports: Export[] = []
  readonly #declared = new Map<string, { readonly isConst: boolean; readonly value: AnyNode | undefined }>()
  readonly #assignments: Assignments

  private constructor(statements: readonly AnyNode[]) {
    for (const statement of statements) this.#read(statement)
    this.#assignments = assignmentsIn(statements)
  }

  /** Returns undefined if the text can't be parsed, or without a parser. */
  static read(source: string): ModuleText | undefined {
    if (last?.source === source) return last.text
    const program = parse(source)
    const text = program && new ModuleText(statementsOf(program))
    last = { source, text }
    return text
  }

  /**
   * The name under which another thread that has just loaded the module finds this function. undefined without an
   * export, and for a variable with another value since the module was loaded.
   */
  nameOf(fn: SoughtFunction): string | undefined {
    return this.#exports.find((each) => this.#holds(each, fn))?.name
  }

  /** Whether a CommonJS module that has just been loaded has this function as its export `name`. */
  isFirstExport(name: string, isGetter: boolean, fn: SoughtFunction): boolean {
    if (isGetter) return fn.isIn(name) ? this.#isFirst(name, fn) : this.#isFirstInAll(fn)
    const assigned = this.#assignments.properties.get(name) ?? []
    if (assigned.some(({ object, isInFunction }) => isInFunction && this.#countValues(name, object) > 1)) return false
    const { changed } = this.#assignments
    const mayChange =
      assigned.some(({ object }) => changed.has(object)) || [...changed].some((of) => this.#isExports(of))
    return !mayChange || this.#isDirectExport(name, fn)
  }

  /** Whether a statement of the module has assigned this function to the export. */
  #isDirectExport(name: string, fn: SoughtFunction): boolean {
    const isWrapped = true // a call may return its argument: esbuild names functions by calls
    return this.#exports.some(
      (each) => each.name === name && (this.#holds(each, fn) || this.#holds(each, { ...fn, isWrapped })),
    )
  }

  #holds({ local, value }: Export, fn: SoughtFunction): boolean {
    return local === undefined ? isValue(value, fn) : fn.isIn(local) && this.#isFirst(local, fn)
  }

  /** Whether the value of a variable may be the object with the exports. */
  #isExports(variable: string): boolean {
    const value = this.#declared.get(variable)?.value
    if (variable === 'exports' || this.#exports.some(({ name, local }) => name === 'default' && local === variable))
      return true
    return value?.type === 'AssignmentExpression' ? isExports(value.left) : value !== undefined && isExports(value)
  }

  /** The getters of compilers do not show which variable they return. */
  #isFirstInAll(fn: SoughtFunction): boolean {
    for (const variable of this.#assignments.variables.keys())
      if (fn.isIn(variable) && !this.#isFirst(variable, fn)) return false
    return true
  }

  #countValues(name: string, object: string): number {
    const values = new Set<unknown>()
    const add = (value: AnyNode): unknown => values.add(value.type === 'Identifier' ? value.name : value)
    for (const assigned of this.#assignments.properties.get(name) ?? [])
      if (assigned.object === object) add(assigned.value)
    if (object !== 'exports') return values.size
    for (const { name: exported, value } of this.#exports)
      if (exported === name && value !== undefined && isFunctionPerhaps(value)) add(value)
    return values.size
  }

  #isFirst(variable: string, fn: SoughtFunction): boolean {
    const declared = this.#declared.get(variable)
    const changes = this.#assignments.variables.get(variable)
    if (declared === undefined || declared.isConst || changes === undefined) return true
    const { value } = declared
    if (value === undefined) return changes.length === 1 && isValue(changes[0], fn)
    if (value.type === 'Identifier') return fn.isIn(value.name) && this.#isFirst(value.name, fn)
    return isValue(value, fn)
  }

  #read(statement: AnyNode): void {
    if (statement.type === 'ExportNamedDeclaration') {
      if (statement.source) return // of another module
      if (statement.declaration)
        for (const name of this.#declare(statement.declaration)) this.#exports.push({ name, local: name })
      for (const { exported, local } of statement.specifiers)
        this.#exports.push({ name: nameIn(exported), local: nameIn(local) })
    } else if (statement.type === 'ExportDefaultDeclaration') {
      const { declaration } = statement
      const [local] = declaration.type === 'Identifier' ? [declaration.name] : this.#declare(declaration)
      this.#exports.push({ name: 'default', local, value: declaration })
    } else if (statement.type === 'ExpressionStatement') this.#readExpression(statement.expression)
    else this.#declare(statement)
  }

  #declare(node: AnyNode): readonly string[] {
    if (node.type === 'VariableDeclaration') return this.#declareAll(node)
    if (node.type !== 'FunctionDeclaration' && node.type !== 'ClassDeclaration') return []
    if (!node.id) return [] // an anonymous default export
    this.#declared.set(node.id.name, { isConst: false, value: node })
    return [node.id.name]
  }

  #declareAll({ kind, declarations }: VariableDeclaration): readonly string[] {
    const names: string[] = []
    for (const { id, init } of declarations) {
      for (const name of namesIn(id as Pattern)) {
        const value = id.type === 'Identifier' ? (init ?? undefined) : (id as AnyNode)
        this.#declared.set(name, { isConst: kind === 'const', value })
        names.push(name)
      }
    }
    return names
  }

  /** Reads an export that a test runner or a compiler to CommonJS has written. */
  #readExpression(node: AnyNode): void {
    if (node.type === 'CallExpression') {
      const place = node.arguments.findIndex((argument) => argument.type === 'Literal')
      const name = node.arguments[place] as { readonly value?: unknown } | undefined
      const local = returnedBy(node.arguments[place + 1])
      if (typeof name?.value === 'string' && local !== undefined) this.#exports.push({ name: name.value, local })
    } else if (node.type === 'SequenceExpression') {
      for (const each of node.expressions) this.#readExpression(each)
    } else if (node.type === 'AssignmentExpression') {
      this.#readExpression(node.right)
      const { left, right } = node
      if (left.type !== 'MemberExpression' || left.property.type !== 'Identifier') return
      const isOfExports = left.object.type === 'Identifier' && left.object.name === 'exports'
      if (isOfExports) this.#export(left.property.name, right)
      else if (isModuleExports(left) && right.type === 'ObjectExpression') {
        for (const property of right.properties)
          if (property.type === 'Property' && property.key.type === 'Identifier')
            this.#export(property.key.name, property.value)
      } else if (isModuleExports(left)) this.#export('default', right)
      else if (isModuleExports(left.object)) this.#export(left.property.name, right)
    }
  }

  #export(name: string, value: AnyNode): void {
    this.#exports.push({ name, local: value.type === 'Identifier' ? value.name : undefined, value })
  }
}

interface Export {
  readonly name: string
  readonly local: string | undefined
  readonly value?: AnyNode
}

let last: { readonly source: string; readonly text: ModuleText | undefined } | undefined // most programs have one

function parse(source: string): Program | undefined {
  try {
    // Loaded on first use, and not part of bundles. Without it, and for new syntax, only the other thread knows the
    // exports of the module.
    const { url = callingScript(parse) }: Meta = import.meta
    const acorn = createRequire(url as string)('acorn') as typeof import('acorn')
    const options = {
      ecmaVersion: 'latest',
      allowAwaitOutsideFunction: true,
      allowReturnOutsideFunction: true,
    } as const
    try {
      return acorn.parse(source, { ...options, sourceType: 'module' })
    } catch {
      return acorn.parse(source, { ...options, sourceType: 'script' })
    }
  } catch {
    return undefined
  }
}

/** The statements of the module, out of the function that a test runner has put them into. */
function statementsOf(node: AnyNode): readonly AnyNode[] {
  const body: readonly AnyNode[] = 'body' in node && Array.isArray(node.body) ? node.body : []
  const statements = body.filter((statement) => !('directive' in statement) && !isFilename(statement))
  const [only] = statements
  const inner = statements.length === 1 && only !== undefined ? insideOf(only) : undefined
  return inner === undefined ? statements : statementsOf(inner)
}

function isFilename(statement: AnyNode): boolean {
  if (statement.type !== 'ExpressionStatement' || statement.expression.type !== 'AssignmentExpression') return false
  const { left } = statement.expression
  return left.type === 'Identifier' && left.name === '__filename'
}

function insideOf(statement: AnyNode): AnyNode | undefined {
  if (statement.type === 'BlockStatement') return statement
  if (statement.type !== 'ExpressionStatement') return undefined
  const expression = statement.expression.type === 'CallExpression' ? statement.expression.callee : statement.expression
  if (isFunction(expression)) return expression.body
  const [property] = expression.type === 'ObjectExpression' ? expression.properties : []
  return property?.type === 'Property' && isFunction(property.value) ? property.value.body : undefined
}

/** The variable that a getter returns. */
function returnedBy(node: AnyNode | undefined): string | undefined {
  if (node === undefined) return undefined
  if (node.type === 'Identifier') return node.name
  if (node.type === 'ObjectExpression') {
    for (const property of node.properties)
      if (property.type === 'Property' && property.key.type === 'Identifier' && property.key.name === 'get')
        return returnedBy(property.value)
  }
  if (isFunction(node)) return returnedBy((node as FunctionNode).body)
  if (node.type === 'BlockStatement') return node.body.map(returnedBy).find((name) => name !== undefined)
  if (node.type === 'TryStatement') return returnedBy(node.block)
  return node.type === 'ReturnStatement' && node.argument ? returnedBy(node.argument) : undefined
}

/** Whether an expression is this function, or the call that makes it. */
function isValue(node: AnyNode | undefined, { span, isWrapped }: SoughtFunction): boolean {
  if (node === undefined || span === undefined) return false
  if (isWrapped)
    return (
      node.type === 'CallExpression' &&
      node.arguments.some(({ start, end }) => start === span.start && end === span.end)
    )
  return node.start === span.start && node.end === span.end
}

function nameIn(node: AnyNode): string {
  return node.type === 'Identifier' ? node.name : String((node as { readonly value?: unknown }).value)
}
