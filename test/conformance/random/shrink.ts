// Reduces a program that shows a difference to the smallest form that still shows one.

import { type Block, constructs, type Node, numbered, type Program } from '../language.ts'

// How many smaller programs are tried at once: starting a batch costs more than running a program.
const BATCH = 64

/**
 * The smallest program that can be reached from `program` by removing parts one after another, while `differ` holds
 * after each removal.
 */
export function shrink(program: Program, differ: (programs: readonly Program[]) => readonly boolean[]): Program {
  for (let smallest = program; ; ) {
    const smaller = firstThatDiffers(smallest, differ)
    if (smaller === undefined) return smallest
    smallest = smaller
  }
}

function firstThatDiffers(
  program: Program,
  differ: (programs: readonly Program[]) => readonly boolean[],
): Program | undefined {
  const candidates = smallerPrograms(program)
  for (;;) {
    const batch: Program[] = []
    for (const candidate of candidates) if (batch.push(numbered(candidate)) === BATCH) break
    if (batch.length === 0) return undefined
    const index = differ(batch).indexOf(true)
    if (index !== -1) return batch[index]
  }
}

/** Programs with one part removed, those that remove most first. */
export function* smallerPrograms(program: Program): Generator<Program> {
  const { cancel, ...uncancelled } = program
  if (cancel !== undefined) {
    yield uncancelled
    if (cancel.how === 'soon') yield { ...program, cancel: { ...cancel, how: 'now' } }
  }
  const { closes, ...open } = program
  if (closes) yield open
  for (const [index, run] of (program.runs ?? []).entries()) {
    const runs = program.runs ?? []
    yield { ...program, runs: runs.toSpliced(index, 1) }
    if ('statements' in run)
      for (const statements of smallerBlocks(run.statements))
        yield { ...program, runs: runs.with(index, { statements }) }
  }
  for (const main of smallerBlocks(program.main)) yield { ...program, main }
  if (cancel !== undefined) {
    for (const at of [0, Math.floor(cancel.at / 2), cancel.at - 1]) {
      if (at >= 0 && at < cancel.at) yield { ...program, cancel: { ...cancel, at } }
    }
  }
}

function* smallerBlocks(block: Block): Generator<Block> {
  for (let size = block.length; size >= 1; size = Math.floor(size / 2)) {
    for (let start = 0; start + size <= block.length; start += size) yield block.toSpliced(start, size)
  }
  for (const [index, node] of block.entries()) {
    for (const inner of blocksIn(node)) yield block.toSpliced(index, 1, ...inner)
    for (const smaller of smallerNodes(node)) yield block.with(index, smaller)
  }
}

/** Nodes with the same op and smaller fields, and the nodes that are inside their fields. */
function* smallerNodes(node: Node): Generator<Node> {
  for (const [field, value] of Object.entries(node)) {
    if (field === 'op' || field === 'id') continue
    if (isNode(value)) yield value
    for (const smaller of smallerValues(value, `${node.op}.${field}`)) {
      const copy: Record<string, unknown> = { ...node, [field]: smaller }
      if (smaller === undefined) delete copy[field]
      yield copy as unknown as Node
    }
  }
}

function* smallerValues(value: unknown, field: string): Generator<unknown> {
  if (isBlock(value)) {
    for (const smaller of smallerBlocks(value)) if (fit(smaller, field)) yield smaller
  } else if (isNode(value)) {
    for (const smaller of smallerNodes(value)) if (fit([smaller], field)) yield smaller
  } else if (Array.isArray(value)) for (const index of value.keys()) yield value.toSpliced(index, 1)
  else if (typeof value === 'number' && !field.endsWith('.value'))
    for (const less of [0, 1]) if (value > less) yield less
  if (OPTIONAL.has(field) && value !== undefined) yield undefined
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isNode(value)) {
    // The `caught` of an `attempt` is an object that is not a node.
    for (const [inner, of] of Object.entries(value)) {
      for (const smaller of smallerValues(of, `caught.${inner}`)) yield { ...value, [inner]: smaller }
    }
  }
}

/** Whether these nodes may stand in a field: a callback has only actions, and only awaitables are awaited together. */
function fit(nodes: Block, field: string): boolean {
  const kind = field.endsWith('.actions') ? 'action' : /\.(?:of|held)$/.test(field) ? 'awaitable' : undefined
  return kind === undefined || nodes.every(({ op }) => constructs.get(op)?.kind === kind)
}

// Optional fields of constructs.
const OPTIONAL = new Set([
  'attempt.caught',
  'attempt.lastly',
  'caught.again',
  'callLater.name',
  'callSoon.name',
  'cancel.message',
  'asCompleted.timeout',
  'gather.returnExceptions',
  'groupSpawn.context',
  'groupSpawn.eager',
  'notify.count',
  'setVar.token',
  'shutdown.immediate',
  'sleep.result',
  'spawn.context',
  'spawn.eager',
  'timeout.name',
  'wait.returnWhen',
  'wait.timeout',
])

function* blocksIn(node: Node): Generator<Block> {
  for (const value of Object.values(node)) if (isBlock(value) && value.length > 0) yield value
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'op' in value
}

function isBlock(value: unknown): value is Block {
  return Array.isArray(value) && value.length > 0 && value.every(isNode)
}
