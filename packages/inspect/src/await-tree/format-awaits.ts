// The await tree as text.

import { relative } from 'node:path'
import { Tree } from '../commands/print-tree.ts'
import { printable } from '../printable.ts'
import { circlesOf } from '../replay/circles.ts'
import type { AwaitTree, PlacedWaiter } from './await-tree.ts'
import type { Place } from './scripts.ts'
import type { Cause } from './waits.ts'

/** The functions and Tasks that wait, each below the one that waits for it. */
export function formatAwaits(tree: AwaitTree, ownOnly = false, without?: string): string {
  return new Formatter(tree).format(ownOnly, without)
}

class Formatter {
  readonly #all: readonly PlacedWaiter[]
  readonly #cwd: string
  readonly #children = new Map<PlacedWaiter, readonly PlacedWaiter[]>()
  readonly #causes = new Map<PlacedWaiter, readonly Cause[]>()
  /** Functions of a package below another one of it: one line is enough for both. */
  readonly #folded = new Set<PlacedWaiter>()
  /** Lines at which functions wait at several columns. */
  readonly #ambiguous: ReadonlySet<string>

  constructor({ waiters, cwd }: AwaitTree) {
    this.#all = waiters
    this.#cwd = cwd
    for (const waiter of waiters) {
      const causes = this.#withoutHost(waiter)
      this.#causes.set(waiter, causes)
      this.#children.set(waiter, [
        ...new Set(causes.flatMap((cause) => ('waiter' in cause ? waiters[cause.waiter]! : []))),
      ])
    }
    const columns = new Map<string, number>()
    const ambiguous = new Set<string>()
    for (const { place } of waiters) {
      if (place.isStart) continue
      const line = `${place.file}:${place.line}`
      if ((columns.get(line) ?? place.column) !== place.column) ambiguous.add(line)
      columns.set(line, place.column)
    }
    this.#ambiguous = ambiguous
  }

  /**
   * @param ownOnly leaves out functions of packages that nothing of the program awaits
   * @param without a folder whose functions are left out
   */
  format(ownOnly: boolean, without?: string): string {
    const isLeftOut = ({ place }: PlacedWaiter): boolean => without !== undefined && place.file.startsWith(without)
    const shown = this.#all.filter((waiter) => !isOfHost(waiter) && !isLeftOut(waiter))
    const callers = ownOnly ? shown.filter((waiter) => this.#isOwn(waiter)) : shown
    const awaited = new Set(callers.flatMap((waiter) => this.#children.get(waiter)!))
    const tree = new Tree<PlacedWaiter>(
      {
        children: (waiter) => this.#children.get(waiter)!,
        text: (waiter) => this.#line(waiter),
        line: (group, again) =>
          again ? `${printable(group[0]!.name)}  (shown above)` : this.#line(group[0]!, group.length),
        notes: () => [],
        minGroup: 2,
      },
      shown,
    )
    const roots = callers.filter((waiter) => !awaited.has(waiter) && !this.#folded.has(waiter))
    const [own, libraries] = [
      roots.filter((root) => this.#reachesOwn(root)),
      roots.filter((root) => !this.#reachesOwn(root)),
    ]
    const loops = this.#circles(shown)
    const lines = loops.flatMap((loop) => ['A closed loop: none of them can continue.', ...tree.loop(loop), ''])
    tree.add(loops.flat().flatMap((waiter) => this.#children.get(waiter)!.filter((child) => !tree.has(child))))
    tree.add(own.filter((root) => !tree.has(root)))
    if (own.length === 0) tree.add(libraries)
    for (const waiter of shown) if (!tree.has(waiter) && this.#isOwn(waiter)) tree.add([waiter])
    lines.push(...tree.lines)
    if (own.length > 0 && libraries.length > 0) lines.push('', this.#countOf(libraries))
    return lines.length === 0 ? NOTHING : `${lines.join('\n')}\n`
  }

  /** Functions that wait for each other in a closed loop, whatever else settles. */
  #circles(waiters: readonly PlacedWaiter[]): PlacedWaiter[][] {
    return circlesOf(waiters, (waiter) => {
      const causes = this.#causes.get(waiter)!
      const isAlternative = causes.length > 1 && causes.some(({ through }) => !/^Promise\.all/.test(through))
      if (isAlternative) return []
      return causes.flatMap((cause) => ('waiter' in cause && cause.through !== HELD ? this.#all[cause.waiter]! : []))
    })
  }

  /** What a function waits for, where functions of Node.js in between are left out. */
  #withoutHost(waiter: PlacedWaiter): Cause[] {
    const found: Cause[] = []
    const seen = new Set<PlacedWaiter>()
    const stack = [...waiter.causes].reverse()
    for (let cause = stack.pop(); cause !== undefined; cause = stack.pop()) {
      const child = 'waiter' in cause ? this.#all[cause.waiter]! : undefined
      const isInner =
        child !== undefined && packageOf(child.place) !== '' && packageOf(child.place) === packageOf(waiter.place)
      if (child === undefined || !(isOfHost(child) || isInner)) found.push(cause)
      else if (!seen.has(child)) {
        seen.add(child)
        this.#folded.add(child)
        stack.push(...child.causes.map((one) => ({ ...one, through: cause.through || one.through })).reverse())
      }
    }
    return found
  }

  #line(waiter: PlacedWaiter, count = 1): string {
    const causes = this.#causes.get(waiter)!
    const times = count > 1 ? ` × ${count.toLocaleString('en')}` : ''
    return printable(`${waiter.name}${times}  ${this.#place(waiter.place)}${says(causes)}`.trimEnd())
  }

  #place(place: Place): string {
    const text = formatPlace(place, this.#cwd)
    if (place.isStart && place.line > 0) return `from ${text} on`
    return this.#ambiguous.has(`${place.file}:${place.line}`) ? `${text}:${place.column}` : text
  }

  #isOwn({ place }: PlacedWaiter): boolean {
    return packageOf(place) === '' && !isHost(place)
  }

  #reachesOwn(root: PlacedWaiter): boolean {
    const seen = new Set([root])
    for (const waiter of seen) {
      if (this.#isOwn(waiter)) return true
      for (const child of this.#children.get(waiter)!) seen.add(child)
    }
    return false
  }

  #countOf(libraries: readonly PlacedWaiter[]): string {
    const packages = [...new Set(libraries.map(({ place }) => packageOf(place)))].filter((name) => name !== '').sort()
    return `${libraries.length} more wait in ${packages.join(', ') || 'Node.js'}.`
  }
}

/** `src/main.ts:12`, from the folder in which the process runs; `pg/lib/client.js:12` of a package. */
export function formatPlace({ file, line }: Place, cwd: string): string {
  const folder = file.lastIndexOf(MODULES)
  const inside = file.startsWith('/') ? relative(cwd, file) : file
  const path = folder >= 0 ? file.slice(folder + MODULES.length) : inside.startsWith('..') ? file : inside
  return line === 0 ? path : `${path}:${line}`
}

const HELD = 'held'
const HOLDS = 'its resolve() is held by'
const NOTHING = `No async function waits. (One that nothing can wake, and that nothing holds, is collected and not seen.)\n`
const MODULES = '/node_modules/'

/** `Promise.all of 3`, `a timer of 100 ms` */
function says(causes: readonly Cause[]): string {
  if (causes.length === 0) return ''
  const through = causes.find((cause) => /^(?:Promise\.|the first of)/.test(cause.through))?.through ?? ''
  const texts = [...new Set(causes.flatMap((cause) => ('text' in cause ? cause.text : [])))]
  const awaited = [through, ...texts.filter((text) => !isSentence(text))].filter((text) => text !== '').join(', ')
  const held = causes.some((cause) => 'waiter' in cause && cause.through === HELD) ? [`${HOLDS}:`] : []
  const sentences = [...texts.filter(isSentence), ...held].join(', ').replaceAll(`, ${HOLDS}`, ' and')
  const parts = [awaited === '' ? '' : `waits for ${awaited}`, sentences].filter((part) => part !== '')
  return parts.length === 0 ? '' : `  ${parts.join(', ')}`
}

function isSentence(text: string): boolean {
  return text.startsWith(HOLDS) || text.startsWith('nothing')
}

function isHost({ file }: Place): boolean {
  return file.startsWith('node:') || file === ''
}

function isOfHost({ place, name }: PlacedWaiter): boolean {
  return isHost(place) && !name.startsWith('Task ')
}

/** The package of a file in node_modules; '' of the program's own files. */
function packageOf({ file }: Place): string {
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? ''
}
