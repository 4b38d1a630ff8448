// A heap snapshot of V8 as a graph in typed arrays. The format is that of the HeapProfiler domain of the inspector:
// flat lists of numbers, whose fields the header names.

interface Meta {
  readonly node_fields: readonly string[]
  readonly node_types: readonly [readonly string[]]
  readonly edge_fields: readonly string[]
  readonly edge_types: readonly [readonly string[]]
  readonly location_fields: readonly string[]
}

/** An edge, seen from one of its ends. */
export interface HeapEdge {
  /** A property, a variable, a field, or an index. */
  readonly label: string
  /** The node at the other end. */
  readonly node: number
}

/** The place of the function of a closure or of a suspended function. Both numbers begin with 0. */
export interface FunctionPlace {
  readonly script: number
  readonly line: number
  readonly column: number
}

/** A node is a number below `size`. */
export class HeapGraph {
  readonly size: number
  readonly #meta: Meta
  readonly #nodes: Int32Array
  readonly #edges: Int32Array
  readonly #strings: readonly string[]
  readonly #firstEdge: Uint32Array
  // The edges in the order of their targets, and where each of them begins.
  readonly #firstRetainer: Uint32Array
  readonly #retainers: Uint32Array
  readonly #from: Uint32Array
  readonly #places = new Map<number, FunctionPlace>()
  readonly #weak: number
  readonly #numbered: ReadonlySet<number>
  readonly #nodeFields: { readonly type: number; readonly name: number; readonly id: number; readonly edges: number }

  /** @param chunks the parts of the text of a snapshot, as bytes: these are not in the heap, which has a limit */
  constructor(chunks: readonly Buffer[]) {
    const reader = new ChunkReader(chunks)
    const { snapshot } = JSON.parse(`${reader.until('"nodes":[').replace(/,\s*$/, '')}}`) as {
      snapshot: { meta: Meta; node_count: number; edge_count: number }
    }
    const { meta, node_count: size, edge_count: edgeCount } = snapshot
    this.#meta = meta
    this.size = size
    const fields = meta.node_fields
    const [width, edgeWidth] = [fields.length, meta.edge_fields.length]
    this.#nodes = reader.integers(size * width)
    reader.until('"edges":[')
    this.#edges = reader.integers(edgeCount * edgeWidth)
    reader.until('"locations":[')
    const locations = reader.allIntegers()
    reader.until('"strings":')
    this.#strings = JSON.parse(reader.rest().replace(/\}\s*$/, '')) as string[]
    const field = (name: string): number => fields.indexOf(name)
    this.#nodeFields = { type: field('type'), name: field('name'), id: field('id'), edges: field('edge_count') }
    const edgeTypes = meta.edge_types[0]
    this.#weak = edgeTypes.indexOf('weak')
    this.#numbered = new Set([edgeTypes.indexOf('element'), edgeTypes.indexOf('hidden')])
    for (let at = 0; at + 3 < locations.length; at += meta.location_fields.length) {
      const [object = 0, script = 0, line = 0, column = 0] = locations.slice(at, at + 4)
      this.#places.set(object / width, { script, line, column })
    }
    this.#firstEdge = new Uint32Array(size + 1)
    for (let node = 0; node < size; node++)
      this.#firstEdge[node + 1] = this.#firstEdge[node]! + this.#nodes[node * width + this.#nodeFields.edges]!
    this.#firstRetainer = new Uint32Array(size + 2)
    this.#retainers = new Uint32Array(edgeCount)
    this.#from = new Uint32Array(edgeCount)
    this.#index(width, edgeWidth)
  }

  /** Sorts the edges by their targets: counts them, then puts each into its place. */
  #index(width: number, edgeWidth: number): void {
    const [edges, first] = [this.#edges, this.#firstRetainer]
    for (let edge = 2; edge < edges.length; edge += edgeWidth) first[edges[edge]! / width + 2]!++
    for (let node = 2; node < first.length; node++) first[node]! += first[node - 1]!
    for (let node = 0, edge = 0; node < this.size; node++) {
      for (const end = this.#firstEdge[node + 1]!; edge < end; edge++) {
        const at = first[edges[edge * edgeWidth + 2]! / width + 1]!++
        this.#retainers[at] = edge
        this.#from[at] = node
      }
    }
  }

  /** `object`, `closure`, `code`, `hidden`, … */
  type(node: number): string {
    return this.#meta.node_types[0][this.#node(node, this.#nodeFields.type)]!
  }

  /** The name of the class of an object, or of a function. */
  name(node: number): string {
    return this.#strings[this.#node(node, this.#nodeFields.name)]!
  }

  /** The number by which the inspector knows the object. */
  id(node: number): number {
    return this.#node(node, this.#nodeFields.id) >>> 0
  }

  #node(node: number, field: number): number {
    return this.#nodes[node * this.#meta.node_fields.length + field]!
  }

  /** All objects with a place: closures, and suspended functions. */
  get placed(): ReadonlyMap<number, FunctionPlace> {
    return this.#places
  }

  /** The edges to what a node keeps alive. */
  *edges(node: number): Iterable<HeapEdge> {
    const width = this.#meta.node_fields.length
    for (let edge = this.#firstEdge[node]!; edge < this.#firstEdge[node + 1]!; edge++) {
      if (!this.#isWeak(edge)) yield { label: this.#label(edge), node: this.#target(edge) / width }
    }
  }

  /** The edges from what keeps a node alive. */
  *retainers(node: number): Iterable<HeapEdge> {
    for (let at = this.#firstRetainer[node]!; at < this.#firstRetainer[node + 1]!; at++) {
      const edge = this.#retainers[at]!
      if (!this.#isWeak(edge)) yield { label: this.#label(edge), node: this.#from[at]! }
    }
  }

  retainerCount(node: number): number {
    return this.#firstRetainer[node + 1]! - this.#firstRetainer[node]!
  }

  /** The node at the end of the edge with this label. */
  get(node: number, label: string): number | undefined {
    for (const edge of this.edges(node)) if (edge.label === label) return edge.node
    return undefined
  }

  #target(edge: number): number {
    return this.#edges[edge * this.#meta.edge_fields.length + 2]!
  }

  #isWeak(edge: number): boolean {
    return this.#edges[edge * this.#meta.edge_fields.length] === this.#weak
  }

  #label(edge: number): string {
    const at = edge * this.#meta.edge_fields.length
    const label = this.#edges[at + 1]!
    return this.#numbered.has(this.#edges[at]!) ? `${label}` : this.#strings[label]!
  }
}

const [ZERO, NINE, END] = [48, 57, 93]

/** Reads a text that comes in parts: together they may be longer than a string can be. */
class ChunkReader {
  readonly #chunks: readonly Buffer[]
  #chunk = 0
  #at = 0

  constructor(chunks: readonly Buffer[]) {
    this.#chunks = chunks
  }

  /** The text before `mark`, which is skipped. */
  until(mark: string): string {
    let text = this.rest(1)
    while (!text.includes(mark)) {
      if (this.#chunk === this.#chunks.length) throw new Error(`the heap snapshot is not complete: no ${mark}`)
      text += this.rest(1)
    }
    const end = text.indexOf(mark)
    this.#chunk--
    this.#at = this.#chunks[this.#chunk]!.length - (text.length - end - mark.length)
    return text.slice(0, end)
  }

  rest(chunks: number = this.#chunks.length): string {
    const parts = this.#chunks.slice(this.#chunk, this.#chunk + chunks)
    const text = Buffer.concat(parts).toString('latin1', this.#at) // other characters are escaped
    this.#chunk += parts.length
    this.#at = 0
    return text
  }

  integers(count: number): Int32Array {
    const found = new Int32Array(count)
    this.#read((value, index) => {
      found[index] = value
    })
    return found
  }

  allIntegers(): number[] {
    const found: number[] = []
    this.#read((value) => void found.push(value))
    return found
  }

  #read(onInteger: (value: number, index: number) => void): void {
    let [value, digits, count] = [0, 0, 0]
    for (; this.#chunk < this.#chunks.length; this.#chunk++, this.#at = 0) {
      const bytes = this.#chunks[this.#chunk]!
      for (let at = this.#at; at < bytes.length; at++) {
        const code = bytes[at]!
        if (code >= ZERO && code <= NINE) {
          value = value * 10 + code - ZERO
          digits++
          continue
        }
        if (digits > 0) onInteger(value, count++)
        value = digits = 0
        if (code === END) {
          this.#at = at + 1
          return
        }
      }
    }
    throw new Error('the heap snapshot is not complete')
  }
}
