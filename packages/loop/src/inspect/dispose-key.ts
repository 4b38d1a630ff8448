/** The key of the method by which an object is disposed of. A browser may know neither of the symbols. */
export function disposeKeyOf(value: object): typeof Symbol.asyncDispose | typeof Symbol.dispose | undefined {
  const { asyncDispose, dispose } = Symbol as { asyncDispose?: symbol; dispose?: symbol }
  const given = value as Record<PropertyKey, unknown>
  if (asyncDispose !== undefined && typeof given[asyncDispose] === 'function') return Symbol.asyncDispose
  return dispose !== undefined && typeof given[dispose] === 'function' ? Symbol.dispose : undefined
}
