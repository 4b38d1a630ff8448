/**
 * Formats arguments as `console.log` prints them on Node, for the values that programs of the Lab print.
 */
export function showAll(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === 'string' ? value : show(value, 0))).join(' ')
}

function show(value: unknown, depth: number): string {
  if (typeof value === 'string') return `'${value.replaceAll('\n', '\\n').replaceAll("'", "\\'")}'`
  if (typeof value === 'bigint') return `${value}n`
  if (typeof value === 'function')
    return `[${isClass(value) ? 'class' : 'Function'}${value.name === '' ? ' (anonymous)' : isClass(value) ? ` ${value.name}` : `: ${value.name}`}]`
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? '-0' : String(value)
  if (value instanceof Error) return depth === 0 ? String(value) : `[${value}]`
  try {
    return showObject(value, depth)
  } catch {
    return '[object]' // a getter that throws, a Proxy
  }
}

function showObject(value: object, depth: number): string {
  const own = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(value) ?? {}, 'toString')
  if (own !== undefined && !/^\[object |^function /.test(String(value)) && !isBuiltIn(value)) return String(value)
  if (value instanceof Date) return value.toISOString()
  if (value instanceof RegExp) return String(value)
  if (value instanceof Promise) return 'Promise'
  if (depth > 2) return Array.isArray(value) ? '[Array]' : '[Object]'
  const all = (items: Iterable<unknown>): string[] => Array.from(items, (item) => show(item, depth + 1))
  if (Array.isArray(value)) return list('[', all(value), ']')
  if (value instanceof Set) return list(`Set(${value.size}) {`, all(value), '}')
  if (value instanceof Map) {
    const entries = [...value].map((entry) => all(entry).join(' => '))
    return list(`Map(${value.size}) {`, entries, '}')
  }
  const name = Object.getPrototypeOf(value)?.constructor?.name
  const entries = Object.entries(value).map(
    ([key, item]) => `${/^[\w$]+$/.test(key) ? key : `'${key}'`}: ${show(item, depth + 1)}`,
  )
  return list(name === undefined || name === 'Object' ? '{' : `${name} {`, entries, '}')
}

function list(open: string, items: readonly string[], close: string): string {
  const shown = items.length > 100 ? [...items.slice(0, 100), `… ${items.length - 100} more`] : items
  if (shown.length === 0) return open + close
  return open === '[' ? `[ ${shown.join(', ')} ]` : `${open} ${shown.join(', ')} ${close}`
}

function isBuiltIn(value: object): boolean {
  return Array.isArray(value) || [Date, RegExp, Map, Set].some((one) => value instanceof one)
}

function isClass(value: unknown): boolean {
  return /^class\b/.test(Function.prototype.toString.call(value))
}
