// Random programs of async functions, generators, combinators and Tasks, of which is known who awaits whom.

/** One function that waits, at a line of the text, for each of `on`: functions, or what a leaf waits for. */
export interface KnownWait {
  readonly name: string
  readonly line: number
  readonly on: readonly string[]
}

export interface AwaitPrograms {
  /** A module. Its imports are the caller's to add, on the first line. */
  readonly text: string
  readonly waits: readonly KnownWait[]
}

const HEAD = [
  '', // for imports
  'import { EventEmitter, once, setMaxListeners } from "node:events"',
  'class Mutex { waiting = []; acquire() { return new Promise((resolve) => this.waiting.push(resolve)) } }',
  'class Jobs { list = []; add(job) { return new Promise((resolve, reject) => { this.list.push({ job, resolve, reject }) }) } }',
  'class Office { jobs = new Map([["new", new Jobs()]]) }',
  'const office = new Office(), jobs = office.jobs.get("new")',
  'const mutex = new Mutex(), emitter = new EventEmitter().setMaxListeners(0), kept = []',
  'const controller = new AbortController()',
  'setMaxListeners(0, controller.signal)', // each leaf that waits for it adds one, and Node 20 warns of more than ten
  'globalThis.all = { mutex, office, emitter, kept, controller }',
]

/**
 * @param withTasks whether there are coroutines, for which the caller imports `call`, `createTask`, `gather` and
 * `getHostLoop`
 */
export function awaitPrograms(count: number, seed: number, withTasks: boolean): AwaitPrograms {
  const lines = [...HEAD]
  const waits: KnownWait[] = []
  const random = mulberry(seed)
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  let names = 0

  /** Adds lines; the one with `@` is where `name` waits. */
  const add = (name: string, on: readonly string[], ...added: string[]): string => {
    const at = added.findIndex((line) => line.includes('@'))
    if (at >= 0) waits.push({ name, line: lines.length + at + 1, on })
    lines.push(...added.map((line) => line.replace('@', 'await')))
    return name
  }

  const leaf = (): string => {
    const name = `leaf${names++}`
    const listener = `emitter.once('error', reject).once('${name}', () => resolve(1))`
    const [on, ...body] = pick<readonly [string, ...string[]]>([
      ['a timer', '@ new Promise((resolve) => setTimeout(resolve, 1e6))'],
      ['Mutex.waiting', 'let x = 1', '@ mutex.acquire()', 'return x'],
      ['Jobs.list.resolve in Office.jobs', `@ jobs.add('${name}')`],
      [`'${name}' of EventEmitter`, 'await null', `@ new Promise((resolve, reject) => ${listener})`],
      ['an event of', "@ once(controller.signal, 'abort')"],
      ['kept', 'for (;;) {', '@ new Promise((resolve) => { kept.push(resolve) })', '}'],
    ])
    return add(name, [on], `async function ${name}() {`, ...body, '}')
  }

  /** A function that waits for others; returns its name. */
  const inner = (depth: number): string => {
    const child = (): string => (depth <= 1 || random() < 0.25 ? leaf() : inner(depth - 1))
    const name = `f${names++}`
    const several = (least: number): string[] => Array.from({ length: least + Math.floor(random() * 3) }, child)
    const called = (list: readonly string[]): string => list.map((one) => `${one}()`).join(', ')
    const kinds: (() => string)[] = [
      () => {
        const one = child()
        return add(name, [one], `async function ${name}() {`, `  const result = @ ${one}()`, '  return result', '}')
      },
      () => {
        const list = several(2)
        const combinator = pick(['all', 'allSettled', 'any', 'race'])
        return add(
          name,
          list,
          `async function ${name}() {`,
          `  const list = [${called(list)}]`,
          `  @ Promise.${combinator}(list)`,
          '}',
        )
      },
      () => {
        const one = child()
        const tail = pick([
          '.then((x) => x)',
          '.catch(() => 1)',
          '.finally(() => {})',
          '.then((x) => x).finally(() => {})',
        ])
        return add(name, [one], `const ${name} = async () => {`, `  @ ${one}()${tail}`, '}')
      },
      () => {
        const one = child()
        const feed = `g${names++}`
        add(
          feed,
          [one],
          `async function* ${feed}() {`,
          '  for (let n = 0; ; n++) {',
          `    @ ${one}()`,
          '    yield n',
          '  }',
          '}',
        )
        return add(
          name,
          [feed],
          `async function ${name}() {`,
          `  for @ (const item of ${feed}()) {`,
          '    console.log(item)',
          '  }',
          '}',
        )
      },
      () => {
        const one = child()
        const executor = `e${names++}`
        add(
          executor,
          [one],
          `const ${executor} = (resolve, reject) => (async function ${executor}() {`,
          '  try {',
          `    resolve(@ ${one}())`,
          '  } catch (error) {',
          '    reject(error)',
          '  }',
          '})()',
        )
        return add(name, [executor], `async function ${name}() {`, `  @ new Promise(${executor})`, '}')
      },
      () => {
        const one = child()
        return add(
          name,
          [one],
          `async function ${name}() {`,
          '  try {',
          `    @ { then(resolve, reject) { ${one}().then(resolve, reject) } }`,
          '  } finally {',
          '    kept.length',
          '  }',
          '}',
        )
      },
      () => {
        const [one, other] = [child(), child()]
        // One function at several lines: only the engine knows which.
        waits.push({ name, line: lines.length + 3, on: [one] }, { name, line: lines.length + 5, on: [other] })
        lines.push(
          `async function ${name}(which) {`,
          '  if (which === 1) {',
          `    await ${one}()`,
          '  } else {',
          `    await ${other}()`,
          '  }',
          '}',
        )
        const both = `b${names++}`
        return add(both, [name, name], `async function ${both}() {`, `  @ Promise.all([${name}(1), ${name}(2)])`, '}')
      },
      () => {
        const one = child()
        const shared = `s${names++}`
        lines.push(`let ${shared}`)
        const users = [1, 2].map(() => {
          const user = `u${names++}`
          return add(user, [one], `async function ${user}() {`, `  ${shared} ??= ${one}()`, `  @ ${shared}`, '}')
        })
        return add(name, users, `async function ${name}() {`, `  @ Promise.all([${called(users)}])`, '}')
      },
      () => {
        const one = child()
        return (
          add(
            name,
            [one],
            `class C${name} {`,
            `  async ${name}() {`,
            `    return @ ${one}()`,
            '  }',
            '}',
            `async function run${name}() {`,
            `  return await new C${name}().${name}()`,
            '}',
          ) && known(`run${name}`, name)
        )
      },
    ]
    const tasks: (() => string)[] = [
      () => {
        const one = child()
        const task = `t${names++}`
        waits.push({ name: task, line: lines.length + 2, on: [one] })
        lines.push(`function* ${task}() {`, `  yield* call(() => ${one}())`, '}')
        return add(name, [task], `async function ${name}() {`, `  @ getHostLoop().createTask(${task}())`, '}')
      },
      () => {
        const list = several(2).map((one) => {
          const task = `t${names++}`
          waits.push({ name: task, line: lines.length + 2, on: [one] })
          lines.push(`function* ${task}() {`, `  return yield* call(() => ${one}())`, '}')
          return task
        })
        const task = `t${names++}`
        waits.push({ name: task, line: lines.length + 2, on: list })
        lines.push(`function* ${task}() {`, `  yield* gather([${called(list)}])`, '}')
        return add(name, [task], `async function ${name}() {`, `  @ getHostLoop().createTask(${task}())`, '}')
      },
    ]
    return pick(withTasks ? [...kinds, ...tasks] : kinds)()
  }
  // The wait of a function that was written after the one it calls.
  const known = (name: string, on: string): string => {
    waits.push({ name, line: lines.length - 1, on: [on] })
    return name
  }
  for (let program = 0; program < count; program++) lines.push(`${inner(2 + Math.floor(random() * 3))}()`)
  return { text: `${lines.join('\n')}\n`, waits }
}

/** A small generator of random numbers. */
function mulberry(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let value = Math.imul(state ^ (state >>> 15), 1 | state)
    value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296
  }
}
