// Draws a graph as a tree: a node with several parents is drawn once, nodes that differ in nothing share a line.

import { grouped } from '../grouped.ts'

export interface TreeStyle<T> {
  children(node: T): readonly T[]
  /** Two nodes of one text, with equal nodes below them, are drawn as one. */
  text(node: T): string
  /** The line of a node, or of several equal ones. */
  line(group: readonly T[], isShownAbove: boolean): string
  /** Lines below the line of a node, before its children. */
  notes(node: T): readonly string[]
  /** Fewer equal nodes are drawn one by one. */
  readonly minGroup: number
}

const MAX_LOOP = 12

export class Tree<T> {
  readonly lines: string[] = []
  readonly shown: Set<T> = new Set()
  /** A part of a folded line `× N`. */
  readonly #hidden = new Set<T>()
  readonly #style: TreeStyle<T>
  readonly #shapes: ReadonlyMap<T, number>

  constructor(style: TreeStyle<T>, all: readonly T[]) {
    this.#style = style
    this.#shapes = shapesOf(style, all)
  }

  has(node: T): boolean {
    return this.shown.has(node) || this.#hidden.has(node)
  }

  /** The lines of nodes of which each waits for the next one, and the last for the first. They count as shown. */
  loop(nodes: readonly T[]): string[] {
    const left = nodes.length - MAX_LOOP
    const drawn = left > 0 ? [...nodes.slice(0, MAX_LOOP - 1), ...nodes.slice(-1)] : nodes
    const lines = drawn.map((node) => this.#style.line([node], false))
    if (left > 0) lines.splice(-1, 0, `… ${left} more, each waits for the next`)
    for (const node of nodes) this.shown.add(node)
    if (lines.length === 1) return [`┌▶ ${lines[0]}`, '└──┘']
    return lines.map((line, n) => `${n === 0 ? '┌▶' : n === lines.length - 1 ? '└─' : '│ '} ${line}`)
  }

  /** Adds nodes and those below them. Not recursive: a chain may be as long as there are nodes. */
  add(roots: readonly T[]): void {
    const stack: { group: readonly T[]; first: string; rest: string }[] = []
    const push = (nodes: readonly T[], before: string, isRoot: boolean): void => {
      const alike = [...grouped(nodes, (node) => this.#shapes.get(node)).values()]
      const groups = alike.flatMap((group) =>
        group.length < this.#style.minGroup ? group.map((one) => [one]) : [group],
      )
      for (let n = groups.length - 1; n >= 0; n--) {
        const [first, rest] = isRoot ? ['', ''] : n === groups.length - 1 ? ['└ ', '  '] : ['├ ', '│ ']
        stack.push({ group: groups[n]!, first: before + first, rest: before + rest })
      }
    }
    push(roots, '', true)
    for (let item = stack.pop(); item !== undefined; item = stack.pop()) {
      const { group, first, rest } = item
      const node = group[0]!
      const again = this.shown.has(node)
      this.lines.push(first + this.#style.line(group, again))
      if (again) continue
      this.shown.add(node)
      for (const other of group.slice(1)) this.#hide(other)
      const below = this.#style.children(node)
      for (const note of this.#style.notes(node)) this.lines.push(`${rest}${below.length > 0 ? '│ ' : '  '}${note}`)
      push(below, rest, false)
    }
  }

  #hide(root: T): void {
    const stack = [root]
    for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
      if (this.#hidden.has(node)) continue
      this.#hidden.add(node)
      stack.push(...this.#style.children(node))
    }
  }
}

/** Numbers the nodes. Nodes with the same text, above nodes with the same numbers, have the same number. */
function shapesOf<T>({ children, text }: TreeStyle<T>, all: readonly T[]): Map<T, number> {
  const shapes = new Map<T, number>()
  const numbers = new Map<string, number>()
  const entered = new Map<T, number>()
  for (const start of all) {
    const stack = [start]
    while (stack.length > 0) {
      const node = stack.at(-1)!
      const below = children(node)
      if (!entered.has(node)) {
        entered.set(node, entered.size)
        for (const one of below) if (!entered.has(one)) stack.push(one)
        continue
      }
      stack.pop()
      if (shapes.has(node)) continue
      // A node of a cycle has no shape before it has one: it is like no other.
      const key = JSON.stringify([text(node), below.map((one) => shapes.get(one) ?? `#${entered.get(one)}`)])
      const shape = numbers.get(key) ?? numbers.size
      numbers.set(key, shape)
      shapes.set(node, shape)
    }
  }
  return shapes
}
