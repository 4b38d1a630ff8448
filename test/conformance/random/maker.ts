// Makes random programs. A program uses only a few families of constructs, so that its objects interact often.

import '../constructs/index.ts'
import { type Block, type Construct, constructs, type Node, numbered, type Program, type Run } from '../language.ts'
import { Random } from './random.ts'

const LETTERS = 'abcdefghijklmnopqrstuvwxyz'
const WORDS = ['red', 'green', 'blue']
// Few different values, so that deadlines coincide.
const DELAYS = [0, 0, 0, 1, 1, 2, 3, 5, 10, -1]
const LIMITS = [-1, 0, 1, 2, 3, 5, 5, 10, 20]
const DEEPEST = 3
const NODES = 45
// How often a statement is wrapped so that its errors are caught.
const CAUGHT = 0.3

/** The random program for a seed. `area` is a family of constructs that it has, or several, with commas. */
export function randomProgram(seed: number, area?: string): Program {
  return new Maker(seed, area).program(`random program ${seed}`)
}

/** The maker that is passed to constructs. */
export class Maker {
  readonly #random: Random
  readonly #families: ReadonlySet<string>
  readonly #recipes: (readonly [op: string, Construct])[]
  readonly #declared = new Map<string, string[]>()
  // The names that have been defined, and those whose definition is complete. Only the latter may be awaited: a Task
  // that awaits one of its creators, or two that await each other, would cancel each other forever.
  readonly #names: string[] = []
  readonly #ended: string[] = []
  #depth = 0
  #nodes = 0

  constructor(seed: number, area: string | undefined) {
    this.#random = new Random(seed)
    for (let i = 0; i < 4; i++) this.#random.integer(2) // neighbouring seeds start with similar numbers
    const families = new Set([...constructs.values()].flatMap(({ random }) => random?.family ?? []))
    families.delete('core')
    const areas = area?.split(',') ?? []
    const unknown = areas.find((each) => !families.has(each))
    if (unknown !== undefined) throw new Error(`there is no area ${unknown}, only ${[...families].join(', ')}`)
    const chosen = new Set(['core', ...areas])
    const count = 1 + this.integer(4)
    for (let i = 0; i < count; i++) chosen.add(this.pick([...families]))
    this.#families = chosen
    this.#recipes = [...constructs].filter(([, { random }]) => random && chosen.has(random.family))
  }

  program(name: string): Program {
    const main: Node[] = []
    const tasks = 1 + this.integer(4)
    if (this.#recipes.some(([op]) => op === 'eagerTasks')) main.push(...this.some('eagerTasks'))
    for (let i = 0; i < tasks; i++) main.push(...this.some('spawn'))
    const count = 2 + this.integer(6)
    for (let i = 0; i < count; i++) main.push(...this.#statements())
    // Time for the other Tasks to end by themselves.
    if (this.chance(0.6)) main.push(sleeping(30))
    const isDriven = this.has('driver') || this.has('interrupt')
    const runs = isDriven ? this.#runs() : []
    const program = {
      name,
      main: [...this.#makeShared, ...main],
      ...(runs.length > 0 && { runs }),
      ...(this.chance(isDriven ? 0.7 : 0.05) && { closes: true }),
    }
    if (!this.chance(0.25)) return numbered(program)
    return numbered({ ...program, cancel: { at: this.integer(25), how: this.chance(0.7) ? 'soon' : 'now' } })
  }

  /** Whether there should be no more nesting. */
  get deep(): boolean {
    return this.#depth >= DEEPEST || this.#nodes > NODES
  }

  /** Whether the program uses this family of constructs. */
  has(family: string): boolean {
    return this.#families.has(family)
  }

  integer(below: number): number {
    return this.#random.integer(below)
  }

  chance(probability: number): boolean {
    return this.#random.chance(probability)
  }

  pick<T>(items: readonly T[]): T {
    return this.#random.pick(items)
  }

  word(): string {
    return this.pick(WORDS)
  }

  delay(): number {
    return this.pick(DELAYS)
  }

  /** A random time limit. */
  limit(): number {
    return this.pick(LIMITS)
  }

  /** Some statements, `more` than usual. */
  block(more = 0): Block {
    this.#depth++
    const count = more + 1 + this.integer(this.#depth >= DEEPEST ? 2 : 4)
    const statements: Node[] = []
    for (let i = 0; i < count; i++) statements.push(...this.#statements())
    if (this.chance(0.08)) statements.push({ op: 'return', value: this.integer(100) } as Node)
    this.#depth--
    return statements
  }

  /** A statement with this op, if it is possible here. */
  some(op: string): Node[] {
    const fields = constructs.get(op)?.random?.make(this)
    return fields === undefined ? [] : [{ op, ...fields }]
  }

  /** The actions of a callback. */
  actions(): Block {
    this.#depth++
    const actions = Array.from({ length: 1 + this.integer(2) }, () => this.#make('action')).filter(
      (node) => node !== undefined,
    )
    this.#depth--
    return actions
  }

  /** Something to await. */
  awaitable(): Node {
    const name = this.chance(0.2) ? this.awaitableName() : undefined
    if (name !== undefined) return reference(name)
    if (this.deep && this.chance(0.8)) return sleeping(this.delay())
    this.#depth++
    const node = this.#make('awaitable') ?? sleeping(this.delay())
    this.#depth--
    return node
  }

  awaitables(most: number): Node[] {
    return Array.from({ length: this.integer(most + 1) }, () => this.awaitable())
  }

  /** A name that a body at this place may await. */
  awaitableName(): string | undefined {
    const names = [...this.#ended, ...(this.#declared.get('future') ?? [])]
    return names.length === 0 ? undefined : this.pick(names)
  }

  /** Tasks and Futures, with and without a name. */
  futures(most: number): Node[] {
    return Array.from({ length: 1 + this.integer(most) }, () => {
      const name = this.chance(0.6) ? this.awaitableName() : undefined
      return name === undefined ? taskOf(this.awaitable()) : reference(name)
    })
  }

  /** Anything that has a name, including the current and the main Task. */
  anyName(): string {
    if (this.#names.length === 0 || this.chance(0.15)) return this.pick(['me', 'main'])
    return this.pick([...this.#names, ...(this.#declared.get('future') ?? [])])
  }

  /** A new name and its definition. */
  defining<F>(make: (name: string) => F): F {
    const index = this.#names.length
    const name = `${LETTERS[index % LETTERS.length]}${index < LETTERS.length ? '' : Math.floor(index / LETTERS.length)}`
    this.#names.push(name)
    const made = make(name)
    this.#ended.push(name)
    return made
  }

  named(name: string | undefined): { name: string } | undefined
  named<F>(name: string | undefined, make: (name: string) => F): F | undefined
  named<F>(name: string | undefined, make?: (name: string) => F): F | { name: string } | undefined {
    if (name === undefined) return undefined
    return make === undefined ? { name } : make(name)
  }

  /**
   * One of the objects of a kind (a Lock, a Queue), which the program creates at its start: `make` is the statement.
   */
  shared(kind: string, make: (name: string) => Node, most = 2): string {
    const names = this.#declared.get(kind) ?? []
    this.#declared.set(kind, names)
    if (names.length === 0 || (names.length < most && this.chance(0.2))) {
      const name = `${kind}${names.length + 1}`
      names.push(name)
      this.#makeShared.push(make(name))
      return name
    }
    return this.pick(names)
  }

  /** A name for the object of a block (a timeout, a group), and the node that uses it. */
  open<F>(kind: string, make: (name: string) => F): F {
    const names = this.#opened.get(kind) ?? []
    this.#opened.set(kind, names)
    const name = `${kind}${names.length + 1}`
    names.push(name)
    const made = make(name)
    // It is closed. Programs use closed ones, too, but less often.
    if (!this.chance(0.3)) names.splice(names.indexOf(name), 1, `${kind}0`)
    return made
  }

  /** One of the open ones, usually the innermost. */
  opened(kind: string): string | undefined {
    const names = (this.#opened.get(kind) ?? []).filter((name) => name !== `${kind}0`)
    if (names.length === 0) return undefined
    return this.chance(0.7) ? names.at(-1) : this.pick(names)
  }

  #runs(): Run[] {
    return Array.from({ length: this.integer(4) }, (): Run => {
      const name = this.chance(0.3) ? this.awaitableName() : undefined
      if (name !== undefined) return { awaited: name }
      return this.chance(0.2) ? { forever: this.integer(6) } : { statements: this.block() }
    })
  }

  readonly #opened = new Map<string, string[]>()
  readonly #makeShared: Node[] = []

  #statements(): Node[] {
    const node = this.#make()
    if (node === undefined) return []
    if (!this.chance(CAUGHT) || constructs.get(node.op)?.kind === 'action') return [node]
    return [
      {
        op: 'attempt',
        statements: [node],
        caught: { type: this.pick(['BaseException', 'Exception']), statements: [] },
      } as Node,
    ]
  }

  #make(kind?: Construct['kind']): Node | undefined {
    const fitting = this.#recipes.filter(([, construct]) => kind === undefined || construct.kind === kind)
    const sum = fitting.reduce((total, [, { random }]) => total + (random?.weight ?? 0), 0)
    for (let attempt = 0; attempt < 5; attempt++) {
      let ticket = this.integer(sum)
      for (const [op, { random }] of fitting) {
        ticket -= random?.weight ?? 0
        if (ticket >= 0) continue
        if (this.deep && (op === 'spawn' || op === 'groupSpawn' || op === 'ensureFuture')) break
        const fields = random?.make(this)
        if (fields === undefined) break
        this.#nodes++
        return { op, ...fields }
      }
    }
    return undefined
  }
}

// The constructs import this file, so it does not import the functions that make their nodes.
function sleeping(ms: number): Node & { ms: number } {
  return { op: 'sleep', ms }
}

function reference(name: string): Node & { name: string } {
  return { op: 'ref', name }
}

function taskOf(of: Node): Node & { of: Node } {
  return { op: 'asTask', of }
}
