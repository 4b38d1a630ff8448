import { NOT_HERE, OTHER_NAMES } from './api-data.ts'
import type { ModuleApi } from './cpython-api.ts'
import type { OurExport } from './our-api.ts'

/** What became of a name of CPython. */
export type Fate =
  | { readonly kind: 'same'; readonly ours: string; readonly module: string }
  | { readonly kind: 'renamed'; readonly ours: string; readonly module: string; readonly why: string }
  | { readonly kind: 'not here'; readonly why: string }
  | { readonly kind: 'missing' }

/** A name of CPython and what became of it. */
export interface ComparedEntry {
  readonly name: string
  readonly fate: Fate
  /** Of a class that is here: its members, written `Class.member`. */
  readonly members: readonly { readonly name: string; readonly fate: Fate }[]
}

/**
 * What we export, for each module of CPython: the counterparts of threads are in `spindle/thread` alone, under names
 * that others have, too.
 */
export type OurApis = (module: string) => ReadonlyMap<string, OurExport>

/** Sets what a module of CPython exports beside what we do. */
export function compareApi({ module, entries }: ModuleApi, apis: OurApis): ComparedEntry[] {
  const ours = apis(module)
  return entries.map(({ name, members }) => {
    const fate = fateOf(module, name, ours)
    // The other classes of loops have the members of the one.
    const isHere = fate.kind === 'same' || name === 'FrameCallGraphEntry'
    const compared = isHere ? members.map((member) => `${name}.${member}`) : []
    return { name, fate, members: compared.map((member) => ({ name: member, fate: fateOf(module, member, ours) })) }
  })
}

/** How the data names it: what is not asyncio's own with its module, `threading:Thread.run`. */
export function keyOf(module: string, name: string): string {
  return module === 'asyncio' || module === 'contextvars' ? name : `${module}:${name}`
}

/** `call_soon_threadsafe` → `callSoonThreadsafe`; constants stay as they are. */
export function camelCase(name: string): string {
  return name === name.toUpperCase()
    ? name
    : name.replaceAll(/(?<=\w)_(\w)/g, (_, letter: string) => letter.toUpperCase())
}

/** What the data says of names that are not in CPython, or that need no word. */
export function staleEntries(modules: readonly ModuleApi[], apis: OurApis): string[] {
  const known = new Set(
    modules.flatMap(({ module, entries }) =>
      entries
        .flatMap(({ name, members }) => [name, ...members.map((member) => `${name}.${member}`)])
        .map((name) => keyOf(module, name)),
    ),
  )
  const told = [...Object.keys(OTHER_NAMES), ...NOT_HERE.flatMap(({ names }) => names)]
  const unknown = told.filter((name) => !known.has(name)).map((name) => `${name} is not in CPython`)
  const here = NOT_HERE.flatMap(({ names }) => names).filter((key) => {
    const [name = '', module = 'asyncio'] = key.split(':').reverse()
    return find(ownName(name), apis(module)) !== undefined
  })
  return [...unknown, ...here.map((name) => `${name} is here`)]
}

function fateOf(theirs: string, name: string, ours: ReadonlyMap<string, OurExport>): Fate {
  const key = keyOf(theirs, name)
  const other = OTHER_NAMES[key]
  const own = other?.ours ?? ownName(name)
  const module = find(own, ours)
  if (module !== undefined) {
    return other === undefined
      ? { kind: 'same', ours: own, module }
      : { kind: 'renamed', ours: own, module, why: other.why }
  }
  const reason = NOT_HERE.find(({ names }) => names.includes(key))
  return reason === undefined ? { kind: 'missing' } : { kind: 'not here', why: reason.why }
}

// The module that has it; a member is looked for in its class.
function find(name: string, ours: ReadonlyMap<string, OurExport>): string | undefined {
  const [owner = '', member] = name.split('.')
  const found = ours.get(owner)
  return found !== undefined && (member === undefined || found.members.has(member)) ? found.module : undefined
}

function ownName(name: string): string {
  const [owner = '', member] = name.split('.')
  return member === undefined
    ? camelCase(owner)
    : `${OTHER_NAMES[owner]?.ours ?? camelCase(owner)}.${camelCase(member)}`
}
