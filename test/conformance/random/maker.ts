// Makes random programs. A program has a few families of constructs only, so that what it has meets often.

import '../constructs/index.ts'
import { type Block, type Construct, constructs, type Node, numbered, type Program } from '../language.ts'
import { Random } from './random.ts'

const SLOTS = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']
const WORDS = ['red', 'green', 'blue']
// Few different ones, so that deadlines coincide.
const DELAYS = [0, 0, 0, 1, 1, 2, 3, 5, 10, -1]
const DEEPEST = 3
const NODES = 40

/** The random program of a seed. */
export function randomProgram(seed: number): Program {
  return new Maker(seed).program(`random program ${seed}`)
}

/** What constructs make themselves with. */
export class Maker {
  readonly #random: Random
  readonly #recipes: (readonly [op: string, Construct])[]
  readonly #declared = new Map<string, string[]>()
  // A body awaits only what stands after it in SLOTS: two Tasks that await each other would cancel each other for ever.
  #owner = -1
  #used = 0
  #depth = 0
  #nodes = 0

  constructor(seed: number) {
    this.#random = new Random(seed)
    for (let i = 0; i < 4; i++) this.#random.integer(2) // seeds that lie close together begin alike
    const families = new Set([...constructs.values()].flatMap(({ random }) => random?.family ?? []))
    families.delete('core')
    const chosen = new Set(['core'])
    const count = 1 + this.integer(3)
    for (let i = 0; i < count; i++) chosen.add(this.pick([...families]))
    this.#recipes = [...constructs].filter(([, { random }]) => random !== undefined && chosen.has(random.family))
  }

  program(name: string): Program {
    const main: Node[] = []
    const count = 3 + this.integer(6)
    for (let i = 0; i < count; i++) main.push(...this.#statements())
    const program = { name, main: [...this.#declarations(), ...main] }
    if (!this.chance(0.25)) return numbered(program)
    return numbered({ ...program, cancel: { at: this.integer(20), how: this.chance(0.7) ? 'soon' : 'now' } })
  }

  /** Whether there should be no more nesting. */
  get deep(): boolean {
    return this.#depth >= DEEPEST || this.#nodes > NODES
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

  /** Some statements, `more` than usual. */
  block(more = 0): Block {
    this.#depth++
    const count = more + 1 + this.integer(this.#depth >= DEEPEST ? 2 : 4)
    const statements: Node[] = []
    for (let i = 0; i < count; i++) statements.push(...this.#statements())
    if (this.chance(0.15)) statements.push({ op: 'return', value: this.integer(100) } as Node)
    this.#depth--
    return statements
  }

  /** What a callback does. */
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
    this.#depth++
    const node = this.#make('awaitable') ?? ({ op: 'sleep', ms: this.delay() } as Node)
    this.#depth--
    return node
  }

  awaitables(most: number): Node[] {
    return Array.from({ length: this.integer(most + 1) }, () => this.awaitable())
  }

  /** A name that a body at this place may await. */
  awaitableName(): string | undefined {
    const names = SLOTS.slice(this.#owner + 1, Math.max(this.#owner + 2, this.#used + 1))
    return names.length === 0 ? undefined : this.pick(names)
  }

  /** Several of them, without repetition. */
  awaitableNames(most: number): string[] {
    const names = Array.from({ length: 1 + this.integer(most) }, () => this.awaitableName())
    return [...new Set(names.filter((name) => name !== undefined))]
  }

  /** Whatever has a name, the current and the main Task too. */
  anyName(): string | undefined {
    return this.pick([...SLOTS.slice(0, Math.max(1, this.#used)), ...SLOTS.slice(0, this.#used), 'me', 'main'])
  }

  /** A new name; when there are none left, an old one. */
  define(): string {
    if (this.#used < SLOTS.length && !(this.chance(0.1) && this.#used > this.#owner + 1)) {
      return SLOTS[this.#used++] as string
    }
    const after = SLOTS.slice(this.#owner + 1)
    return after.length === 0 ? 'z' : this.pick(after)
  }

  /** A new name, and what belongs to it. */
  defining<F>(make: (name: string) => F): F {
    const name = this.define()
    const owner = this.#owner
    this.#owner = name === 'z' ? SLOTS.length : SLOTS.indexOf(name)
    const made = make(name)
    this.#owner = owner
    return made
  }

  named(name: string | undefined): { name: string } | undefined
  named<F>(name: string | undefined, make: (name: string) => F): F | undefined
  named<F>(name: string | undefined, make?: (name: string) => F): F | { name: string } | undefined {
    if (name === undefined) return undefined
    return make === undefined ? { name } : make(name)
  }

  /** One of the objects of a kind (a Lock, a Queue), which the program makes at its beginning: `make` is its statement. */
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

  /** A name for what is open during a block (a timeout, a group), and what is made with it. */
  open<F>(kind: string, make: (name: string) => F): F {
    const names = this.#opened.get(kind) ?? []
    this.#opened.set(kind, names)
    const name = `${kind}${names.length + 1}`
    names.push(name)
    const made = make(name)
    // It is closed; that is tried, too, but not so often.
    if (!this.chance(0.3)) names.splice(names.indexOf(name), 1, `${kind}0`)
    return made
  }

  /** One of those that are open; the innermost, mostly. */
  opened(kind: string): string | undefined {
    const names = (this.#opened.get(kind) ?? []).filter((name) => name !== `${kind}0`)
    if (names.length === 0) return undefined
    return this.chance(0.7) ? names.at(-1) : this.pick(names)
  }

  readonly #opened = new Map<string, string[]>()
  readonly #makeShared: Node[] = []

  #declarations(): Node[] {
    return this.#makeShared
  }

  #statements(): Node[] {
    const node = this.#make()
    return node === undefined ? [] : [node]
  }

  #make(kind?: Construct['kind']): Node | undefined {
    const fitting = this.#recipes.filter(([, construct]) => kind === undefined || construct.kind === kind)
    const sum = fitting.reduce((total, [, { random }]) => total + (random?.weight ?? 0), 0)
    for (let attempt = 0; attempt < 5; attempt++) {
      let ticket = this.integer(sum)
      for (const [op, { random }] of fitting) {
        ticket -= random?.weight ?? 0
        if (ticket >= 0) continue
        if (this.deep && (op === 'spawn' || op === 'ensureFuture')) break
        const fields = random?.make(this)
        if (fields === undefined) break
        this.#nodes++
        return { op, ...fields }
      }
    }
    return undefined
  }
}
