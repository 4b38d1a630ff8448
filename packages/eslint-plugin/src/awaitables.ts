// Classifies expressions as coroutines or Futures. With type information the answer is exact; without it (oxlint, plain
// JavaScript) the names imported from Spindle and the coroutine functions of the same file cover most cases.

import type { ParserServicesWithTypeInformation, TSESLint, TSESTree } from '@typescript-eslint/utils'
import type ts from 'typescript'
import { importedName } from './imports.ts'
import { functionDeclaredAs } from './scopes.ts'

/** The kinds of values that `yield*` accepts. */
export type Kind =
  /** A coroutine: nothing happens until it is awaited or passed to a Task. */
  | 'coroutine'
  /** A Future or Task: it makes progress by itself. */
  | 'future'
  | undefined

/** The calls of Spindle that return a coroutine, for files without type information. */
const COROUTINES = new Set(
  `sleep timeout timeoutAt moveOnAfter wait waitFor taskGroup gatherMap forEach uncancellable staggeredRace abortable
  withAbortSignal toThread call once`.split(/\s+/),
)
const FUTURES = new Set(['createTask', 'ensureFuture', 'gather', 'shield', 'runInExecutor'])

export interface Awaitables {
  /** The kind of this expression's value. */
  kindOf(node: TSESTree.Node): Kind
  /** The kind of value that a call of this value returns. */
  kindOfCallsTo(node: TSESTree.Node): Kind
  /** The kind of the elements of this array, or of the result of `list.map(f)`. */
  kindOfItems(node: TSESTree.Node): Kind
  /** Whether `using` accepts the value of this expression, as far as is known. */
  isDisposable(node: TSESTree.Node): boolean
}

/** Uses types where the parser has them, and names otherwise. */
export function awaitablesOf(context: Readonly<TSESLint.RuleContext<string, readonly unknown[]>>): Awaitables {
  const services = context.sourceCode.parserServices
  return services?.program ? byType(services as ParserServicesWithTypeInformation) : byName(context.sourceCode)
}

function byType(services: ParserServicesWithTypeInformation): Awaitables {
  const checker = services.program.getTypeChecker()
  const typeOf = (node: TSESTree.Node): ts.Type => services.getTypeAtLocation(node)
  return {
    kindOf: (node) => kindOfType(checker, typeOf(node)),
    kindOfCallsTo(node) {
      const kinds = typeOf(node)
        .getCallSignatures()
        .map((signature) => kindOfType(checker, signature.getReturnType()))
      return kinds.find((kind) => kind !== undefined)
    },
    kindOfItems(node) {
      const type = typeOf(node)
      if (checker.isTupleType(type)) {
        return checker
          .getTypeArguments(type as ts.TypeReference)
          .map((item) => kindOfType(checker, item))
          .find((kind) => kind !== undefined)
      }
      const item = checker.isArrayType(type) ? checker.getTypeArguments(type as ts.TypeReference)[0] : undefined
      return item && kindOfType(checker, item)
    },
    isDisposable: (node) =>
      typeOf(node)
        .getProperties()
        .some(({ name }) => name.startsWith('__@dispose')),
  }
}

function kindOfType(checker: ts.TypeChecker, type: ts.Type): Kind {
  if (type.isUnion()) {
    const kinds = type.types.map((part) => kindOfType(checker, part))
    return kinds.every((kind) => kind === kinds[0]) ? kinds[0] : undefined
  }
  if (!yieldsSuspensions(checker, type)) return undefined
  return type.getProperty('addDoneCallback') ? 'future' : 'coroutine'
}

/** Everything awaitable has `[Symbol.iterator](): Iterator<Suspension, T>`. */
function yieldsSuspensions(checker: ts.TypeChecker, type: ts.Type): boolean {
  const iterator = type.getProperties().find(({ name }) => name.startsWith('__@iterator'))
  const method = iterator && checker.getTypeOfSymbol(iterator)
  const returned = method?.getCallSignatures()[0]?.getReturnType()
  if (!returned) return false
  const [yielded] = checker.getTypeArguments(returned as ts.TypeReference)
  return yielded?.getSymbol()?.name === 'Suspension'
}

function byName(sourceCode: Readonly<TSESLint.SourceCode>): Awaitables {
  const kindOf = (node: TSESTree.Node): Kind => {
    if (node.type === 'CallExpression') return kindOfCallsTo(node.callee)
    return undefined
  }
  const kindOfCallsTo = (node: TSESTree.Node): Kind => {
    const name = importedName(sourceCode, node)
    if (name !== undefined) return COROUTINES.has(name) ? 'coroutine' : FUTURES.has(name) ? 'future' : undefined
    const target = functionDeclaredAs(sourceCode, node)
    return target?.generator && importsSpindle(sourceCode) ? 'coroutine' : undefined
  }
  return {
    kindOf,
    kindOfCallsTo,
    kindOfItems(node) {
      if (node.type === 'ArrayExpression') {
        return node.elements.map((item) => item && kindOf(item)).find((kind) => kind) ?? undefined
      }
      const mapper = mapperOf(node)
      return mapper && kindOfCallsTo(mapper)
    },
    isDisposable: () => true,
  }
}

/** `f` of `list.map(f)`. */
function mapperOf(node: TSESTree.Node): TSESTree.Node | undefined {
  if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') return undefined
  const { property } = node.callee
  return property.type === 'Identifier' && property.name === 'map' ? node.arguments[0] : undefined
}

function importsSpindle(sourceCode: Readonly<TSESLint.SourceCode>): boolean {
  return sourceCode.ast.body.some((node) => node.type === 'ImportDeclaration' && /^@?spindle\b/.test(node.source.value))
}
