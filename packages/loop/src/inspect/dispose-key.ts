/** The key of an object's dispose method. A browser may have neither symbol. */
export function disposeKeyOf(value: object): typeof Symbol.asyncDispose | typeof Symbol.dispose | undefined {
  const { asyncDispose, dispose } = Symbol as { asyncDispose?: symbol; dispose?: symbol }
  const given = value as Record<PropertyKey, unknown>
  if (asyncDispose !== undefined && typeof given[asyncDispose] === 'function') return Symbol.asyncDispose
  return dispose !== undefined && typeof given[dispose] === 'function' ? Symbol.dispose : undefined
}
