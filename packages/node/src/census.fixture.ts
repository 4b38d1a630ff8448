import { Session } from 'node:inspector'

const KINDS = ['Socket', 'StreamTransport', 'HostFuture']

/** The handles of Node that are open. Waits a while for those to be closed that are more than `expected`. */
export async function openHandles(expected = Number.POSITIVE_INFINITY): Promise<number> {
  const count = (): number => process.getActiveResourcesInfo().filter((name) => !/Timeout|Immediate/.test(name)).length // the test runner has some
  for (let n = 0; n < 100 && count() > expected; n++) await new Promise((resolve) => setTimeout(resolve, 10))
  return count()
}

/** What there is of connections and of those who wait, after a garbage collection, and of listeners of this process. */
export function census(): Record<string, number> {
  const counts = countObjects()
  counts['listeners'] = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return counts
}

/**
 * How many objects there are of each kind, by the name of its class: the tests of the built package have a class of
 * their own. Looks through the heap once: `v8.queryObjects()` would collect garbage several times for each kind.
 */
function countObjects(): Record<string, number> {
  const counts = Object.fromEntries(KINDS.map((kind) => [kind, 0]))
  const kinds = new Map<object | null, readonly string[]>([[null, []]])
  const count = (objects: readonly object[]): void => {
    for (const each of objects) {
      const prototype = Object.getPrototypeOf(each) as object | null
      const names = kinds.get(prototype) ?? kindsOf(prototype)
      kinds.set(prototype, names)
      for (const name of names) counts[name] = (counts[name] as number) + 1
    }
  }
  const session = new Session()
  session.connect()
  Reflect.set(globalThis, 'countObjects', count)
  try {
    const prototype = post(session, 'Runtime.evaluate', { expression: 'Object.prototype' })['result']
    const { objects } = post(session, 'Runtime.queryObjects', { prototypeObjectId: prototype?.objectId })
    const functionDeclaration = 'function () { countObjects(this) }'
    post(session, 'Runtime.callFunctionOn', { objectId: objects?.objectId, functionDeclaration })
  } finally {
    Reflect.deleteProperty(globalThis, 'countObjects')
    session.disconnect() // which lets go of the objects
  }
  return counts
}

/** The kinds among the classes of this prototype and of its ancestors. */
function kindsOf(prototype: object | null): string[] {
  const names = new Set<unknown>()
  for (let each = prototype; each !== null; each = Object.getPrototypeOf(each) as object | null) {
    const { value } = Object.getOwnPropertyDescriptor(each, 'constructor') ?? {}
    if (typeof value === 'function') names.add(Object.getOwnPropertyDescriptor(value, 'name')?.value)
  }
  return KINDS.filter((kind) => names.has(kind))
}

/** Calls a method of the inspector, which answers at once. */
function post(session: Session, method: string, params: object): Record<string, { readonly objectId?: string }> {
  let answer: object = {}
  session.post(method, params, (error, result) => {
    if (error) throw error
    answer = result ?? {}
  })
  return answer as Record<string, { readonly objectId?: string }>
}
