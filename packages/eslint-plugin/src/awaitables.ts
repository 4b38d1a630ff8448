// Classifies expressions as coroutines or Futures. With type information the answer is exact; without it (oxlint, plain
// JavaScript) the names imported from Spindle and the coroutine functions of the same file cover most cases.

import type { ParserServicesWithTypeInformation, TSESLint, TSESTree } from '@typescript-eslint/utils'
import type ts from 'typescript'
import {
  constantOf,
  type FunctionNode,
  functionDeclaredAs,
  generatorAround,
  importedName,
  memberOf,
  nodesInFunction,
} from './scopes.ts'

/** The kinds of values that `yield*` accepts. */
export type Kind =
  /** A coroutine: nothing happens until it is awaited or passed to a Task. */
  | 'coroutine'
  /** A Future or Task: it makes progress by itself. */
  | 'future'
  | undefined

/** The calls of Spindle that return a coroutine, for files without type information. */
const COROUTINES = new Set(
  `sleep timeout timeoutAt moveOnAfter wait waitFor taskGroup gatherMap forEach uncancellable abortable
  withAbortSignal toThread call callBack once race any resource exitStack checkpoint`.split(/\s+/),
)
const FUTURES = new Set(['createTask', 'ensureFuture', 'gather', 'shield', 'runInExecutor'])

export interface Awaitables {
  /** The kind of this expression's value. */
  kindOf(node: TSESTree.Node): Kind
  /** The kind of value that a call of this value returns. */
  kindOfCallsTo(node: TSESTree.Node): Kind
  /**
   * The coroutine function that contains this node, if it is the innermost function. A generator function of another
   * library is none.
   */
  coroutineAround(node: TSESTree.Node): FunctionNode | undefined
  /** The kind of the elements of this array, or of the result of `list.map(f)`. */
  kindOfItems(node: TSESTree.Node): Kind
  /** Whether the call may return an ordinary generator instead, as far as types or this file tell. */
  mayBeOrdinary(node: TSESTree.Node): boolean
  /** Whether the value may be undefined or null instead. */
  mayBeMissing(node: TSESTree.Node): boolean
  /** Whether `using` accepts the value of this expression, as far as is known. */
  isDisposable(node: TSESTree.Node): boolean
  /**
   * Whether the place where this function stands drops its result (the type there returns `void`) or uses it (the type
   * returns something iterable). Undefined if the types do not tell.
   */
  fateOfResult(node: TSESTree.Expression): 'dropped' | 'used' | undefined
  /** Whether the declared return type of this coroutine function asks for a coroutine: `Coroutine<Coroutine<T>>`. */
  returnsCoroutine(node: TSESTree.Node): boolean
  /** Whether this value is a promise and no Future; undefined if the types are not known. */
  isPromise(node: TSESTree.Node): boolean | undefined
  /** Whether the called function takes an AbortSignal: a parameter, or an option. */
  takesSignal(node: TSESTree.CallExpression): boolean
  /** Whether this function takes arguments; undefined if the types are not known. */
  takesArguments(node: TSESTree.Node): boolean | undefined
  /** Whether this value is a function for certain. */
  isFunction(node: TSESTree.Node): boolean
  /** The name of the class of this expression's value, as far as is known. */
  typeName(node: TSESTree.Node): string | undefined
}

/** Uses types where the parser has them, and names otherwise. */
export function awaitablesOf(context: Readonly<TSESLint.RuleContext<string, readonly unknown[]>>): Awaitables {
  const services = context.sourceCode.parserServices
  return services?.program
    ? byType(services as ParserServicesWithTypeInformation, context.sourceCode)
    : byName(context.sourceCode)
}

function byType(services: ParserServicesWithTypeInformation, sourceCode: Readonly<TSESLint.SourceCode>): Awaitables {
  const checker = services.program.getTypeChecker()
  const typeOf = (node: TSESTree.Node): ts.Type => services.getTypeAtLocation(node)
  const kindOfCallsTo = (node: TSESTree.Node): Kind => {
    const kinds = typeOf(node)
      .getCallSignatures()
      .map((signature) => kindOfType(checker, signature.getReturnType()))
    return kinds.find((kind) => kind !== undefined)
  }
  return {
    kindOf: (node) => kindOfType(checker, typeOf(node)),
    kindOfCallsTo,
    coroutineAround(node) {
      const around = generatorAround(node)
      if (around === undefined || kindOfCallsTo(around) === 'coroutine') return around
      // A generator function without a `yield*`, or that awaits what has no type, has no type that tells.
      return importsSpindle(sourceCode) && resultByText(sourceCode, around) !== 'ordinary' ? around : undefined
    },
    kindOfItems(node) {
      const type = typeOf(node)
      const isList = checker.isArrayType(type) || checker.isTupleType(type)
      const items = isList ? checker.getTypeArguments(type as ts.TypeReference) : []
      const kinds = items.flatMap((item) => partsOf(checker, item)).map((item) => kindOfType(checker, item))
      return kinds.includes('coroutine') ? 'coroutine' : kinds.find((kind) => kind !== undefined)
    },
    mayBeOrdinary: () => false,
    mayBeMissing: (node) => checker.getNonNullableType(typeOf(node)) !== typeOf(node),
    isDisposable: (node) =>
      typeOf(node)
        .getProperties()
        .some(({ name }) => name.startsWith('__@dispose')),
    fateOfResult(node) {
      const expected = checker.getContextualType(services.esTreeNodeToTSNodeMap.get(node) as ts.Expression)
      const results = (expected === undefined ? [] : partsOf(checker, expected)).flatMap((part) =>
        part.getCallSignatures().map((signature) => declaredReturnType(checker, signature)),
      )
      if (results.length === 0) return undefined
      if (results.every((result) => checker.typeToString(result) === 'void')) return 'dropped'
      return results.some((result) => partsOf(checker, result).some(isIterable)) ? 'used' : undefined
    },
    returnsCoroutine(node) {
      const declared = (services.esTreeNodeToTSNodeMap.get(node) as ts.FunctionLikeDeclaration).type
      const returned = declared && checker.getTypeFromTypeNode(declared)
      const value = returned && checker.getTypeArguments(returned as ts.TypeReference)[1]
      return value !== undefined && partsOf(checker, value).some((part) => kindOfType(checker, part) === 'coroutine')
    },
    isPromise(node) {
      const type = typeOf(node)
      return kindOfType(checker, type) === undefined && type.getProperty('then') !== undefined
    },
    takesSignal(node) {
      const called = services.esTreeNodeToTSNodeMap.get(node) as ts.CallExpression
      const parameters = checker.getResolvedSignature(called)?.parameters ?? []
      return parameters
        .flatMap((parameter) => partsOf(checker, checker.getTypeOfSymbolAtLocation(parameter, called)))
        .some((type) => type.getSymbol()?.name === 'AbortSignal' || isOption(type.getProperty('signal')))
    },
    takesArguments: (node) =>
      typeOf(node)
        .getCallSignatures()
        .some(({ parameters }) => parameters.length > 0),
    isFunction: (node) => typeOf(node).getCallSignatures().length > 0,
    typeName: (node) => typeOf(node).getSymbol()?.getName(),
  }
}

/** The type as written: `U` for the callback of `map<U>()`, rather than the type inferred for `U`. */
function declaredReturnType(checker: ts.TypeChecker, signature: ts.Signature): ts.Type {
  const node = (signature.getDeclaration() as ts.SignatureDeclaration | undefined)?.type
  return node === undefined ? signature.getReturnType() : checker.getTypeFromTypeNode(node)
}

/** Whether a caller may leave the property out. That of a Request, for one, is not an option. */
function isOption(property: ts.Symbol | undefined): boolean {
  return (
    property?.declarations?.some((declaration) => 'questionToken' in declaration && declaration.questionToken) ?? false
  )
}

function isIterable(type: ts.Type): boolean {
  return type.getProperties().some(({ name }) => name.startsWith('__@iterator'))
}

/** The members of a union that are not `undefined` or `null`. */
function partsOf(checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] {
  return (type.isUnion() ? type.types : [type]).filter(
    (part) => !/^(?:undefined|null)$/.test(checker.typeToString(part)),
  )
}

function kindOfType(checker: ts.TypeChecker, type: ts.Type): Kind {
  if (type.isUnion()) {
    const kinds = partsOf(checker, type).map((part) => kindOfType(checker, part))
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
  const isSpindles = importsSpindle(sourceCode)
  const results = new Map<FunctionNode, Result>()
  const kindOf = (node: TSESTree.Node): Kind =>
    node.type === 'CallExpression' ? kindOfCallsTo(node.callee) : undefined
  const kindOfCallsTo = (node: TSESTree.Node): Kind => {
    const name = importedName(sourceCode, node)
    if (name !== undefined) return COROUTINES.has(name) ? 'coroutine' : FUTURES.has(name) ? 'future' : undefined
    const called = isSpindles ? functionDeclaredAs(sourceCode, node) : undefined
    return called && resultOf(called) !== 'ordinary' ? 'coroutine' : undefined
  }
  const resultOf = (called: FunctionNode): Result => {
    if (!results.has(called)) results.set(called, resultByText(sourceCode, called))
    return results.get(called)
  }
  return {
    kindOf,
    kindOfCallsTo,
    coroutineAround(node) {
      const around = isSpindles ? generatorAround(node) : undefined
      return around && resultOf(around) !== 'ordinary' ? around : undefined
    },
    kindOfItems(node) {
      if (node.type === 'ArrayExpression') {
        return node.elements.map((item) => item && kindOf(item)).find((kind) => kind) ?? undefined
      }
      if (node.type !== 'CallExpression' || memberOf(node.callee)?.name !== 'map') return undefined
      const [mapper] = node.arguments
      return mapper && kindOfCallsTo(mapper)
    },
    mayBeOrdinary(node) {
      const called = node.type === 'CallExpression' ? functionDeclaredAs(sourceCode, node.callee) : undefined
      return called !== undefined && resultOf(called) !== 'coroutine'
    },
    mayBeMissing: () => false,
    isDisposable: () => true,
    fateOfResult: () => undefined,
    returnsCoroutine: () => false,
    isPromise: () => undefined,
    takesSignal: ({ callee }) => callee.type === 'Identifier' && callee.name === 'fetch',
    takesArguments: () => undefined,
    isFunction: () => false,
    typeName: () => undefined,
  }
}

/** The return value of a function; undefined if another file decides. */
type Result = 'coroutine' | 'ordinary' | undefined

/** Looks at each `yield` of this function and of the functions that it delegates to. */
function resultByText(sourceCode: Readonly<TSESLint.SourceCode>, called: FunctionNode): Result {
  const textOf = (node: TSESTree.Node | null | undefined): string => (node ? sourceCode.getText(node) : '')
  const isDeclaredOrdinary = /^:\s*(?:Generator|Itera)/.test(textOf(called.returnType))
  // An asynchronous generator belongs to `for await`.
  if (!called.generator || called.async || isDeclaredOrdinary) return 'ordinary'
  const results = new Set<Result>()
  const functions = new Set([called])
  for (const { body } of functions) {
    for (const node of nodesInFunction(sourceCode, body)) {
      if (node.type === 'YieldExpression') results.add(resultOfYield(node))
    }
  }
  // A coroutine that does not wait is still a coroutine.
  if (results.size === 0 || results.has('coroutine')) return 'coroutine'
  return results.has('ordinary') ? 'ordinary' : undefined

  function resultOfYield({ argument, delegate }: TSESTree.YieldExpression): Result {
    const value = argument && (constantOf(sourceCode, argument) ?? argument)
    if (value?.type === 'CallExpression') {
      if (importedName(sourceCode, value.callee) !== undefined) return 'coroutine'
      const next = functionDeclaredAs(sourceCode, value.callee)
      if (next?.generator) functions.add(next)
      return undefined
    }
    return delegate && !/^(?:[['"`]|new (?:Set|Map)\b)/.test(textOf(value)) ? undefined : 'ordinary'
  }
}

/** Whether this file imports anything from Spindle. */
export function importsSpindle(sourceCode: Readonly<TSESLint.SourceCode>): boolean {
  return sourceCode.ast.body.some((node) => node.type === 'ImportDeclaration' && /^@?spindle\b/.test(node.source.value))
}
