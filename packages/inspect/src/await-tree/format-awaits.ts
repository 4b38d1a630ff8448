// The await tree as text.

import { relative } from 'node:path'
import { Tree } from '../commands/print-tree.ts'
import { grouped } from '../grouped.ts'
import { printable } from '../printable.ts'
import { circlesOf } from '../replay/circles.ts'
import type { AwaitTree, PlacedWaiter } from './await-tree.ts'
import type { Place } from './scripts.ts'
import type { Cause } from './waits.ts'

/** A Waiter as the tree shows it. Functions of Node.js are folded, as are functions of one package below each other. */
interface Item {
  readonly name: string
  readonly place: Place
  /** The package of its file, `Node.js`, or '' of the program's own files. */
  readonly owner: string
  readonly causes: readonly Cause[]
  /** Its line, after the name. */
  readonly text: string
  children: readonly Item[]
}

/**
 * The functions and Tasks that wait. Each stands below the one that awaits it.
 * @param ownOnly leaves out functions of packages that nothing of the program awaits
 * @param without a folder whose functions are left out
 */
export function formatAwaits({ waiters, cwd }: AwaitTree, ownOnly = false, without?: string): string {
  const folded = new Set<number>()
  const severalColumns = linesWithColumns(waiters)
  const items = waiters.map((waiter): Item => {
    const causes = unfolded(waiter, waiters, folded)
    const text = `${placeOfWaiter(waiter.place, cwd, severalColumns)}${says(causes)}`
    return { ...waiter, owner: packageOf(waiter), causes, text, children: [] }
  })
  for (const item of items) item.children = itemsAwaitedBy(item, items)
  const shown = items.filter(
    (item) => !isHidden(item) && !(without !== undefined && item.place.file.startsWith(without)),
  )
  const callers = ownOnly ? shown.filter(isOwn) : shown
  const awaited = new Set(callers.flatMap(({ children }) => children))
  for (const [n, item] of items.entries()) if (folded.has(n)) awaited.add(item)
  const roots = callers.filter((item) => !awaited.has(item))
  const own = roots.filter(reachesOwn)
  const libraries = roots.filter((root) => !own.includes(root))
  const line = ({ name, text }: Item, times = ''): string => printable(`${name}${times}  ${text}`.trimEnd())
  const tree = new Tree<Item>(
    {
      children: ({ children }) => children,
      text: line,
      line: ([first, ...others], again) => {
        if (again) return `${printable(first!.name)}  (shown above)`
        return line(first!, others.length > 0 ? ` × ${(others.length + 1).toLocaleString('en')}` : '')
      },
      notes: () => [],
      minGroup: 2,
    },
    shown,
  )
  // If one of several causes is enough, the circle may open.
  const loops = circlesOf(shown, (item) =>
    item.causes.length > 1 && item.causes.some(({ through }) => !/^Promise\.all/.test(through))
      ? []
      : itemsAwaitedBy(item, items, HELD),
  )
  const lines = loops.flatMap((loop) => ['A closed loop: none of them can continue.', ...tree.loop(loop), ''])
  tree.add(loops.flat().flatMap(({ children }) => children.filter((child) => !tree.has(child))))
  tree.add(own.filter((root) => !tree.has(root)))
  if (own.length === 0) tree.add(libraries)
  for (const item of shown) if (!tree.has(item) && isOwn(item)) tree.add([item])
  lines.push(...tree.lines)
  if (own.length > 0 && libraries.length > 0) {
    const packages = [...new Set(libraries.map(({ owner }) => owner))].sort().join(', ')
    lines.push('', `${libraries.length} more wait in ${packages}.`)
  }
  return lines.length === 0 ? NOTHING : `${lines.join('\n')}\n`
}

/** The causes of a Waiter. Instead of a folded function it has the causes of that function. */
function unfolded(waiter: PlacedWaiter, all: readonly PlacedWaiter[], folded: Set<number>): Cause[] {
  const owner = packageOf(waiter)
  const found: Cause[] = []
  const seen = new Set<PlacedWaiter>()
  const stack = [...waiter.causes].reverse()
  for (let cause = stack.pop(); cause !== undefined; cause = stack.pop()) {
    const child = 'waiter' in cause ? all[cause.waiter] : undefined
    if (child === undefined || !(isHidden(child) || (owner !== '' && packageOf(child) === owner))) found.push(cause)
    else if ('waiter' in cause && !seen.has(child)) {
      seen.add(child)
      folded.add(cause.waiter)
      const { through } = cause
      stack.push(...child.causes.map((one) => ({ ...one, through: through || one.through })).reverse())
    }
  }
  return found
}

function itemsAwaitedBy({ causes }: Item, items: readonly Item[], except?: string): Item[] {
  const found = causes.filter(({ through }) => through !== except)
  return [...new Set(found.flatMap((cause) => ('waiter' in cause ? items[cause.waiter]! : [])))]
}

function reachesOwn(root: Item): boolean {
  const seen = new Set([root])
  for (const item of seen) {
    if (isOwn(item)) return true
    for (const child of item.children) seen.add(child)
  }
  return false
}

/** The lines at which functions wait at several columns. */
function linesWithColumns(waiters: readonly PlacedWaiter[]): Set<string> {
  const known = waiters.filter(({ place }) => !place.isStart)
  const lines = grouped(known, ({ place }) => `${place.file}:${place.line}`)
  const several = [...lines].filter(([, group]) => new Set(group.map(({ place }) => place.column)).size > 1)
  return new Set(several.map(([line]) => line))
}

function placeOfWaiter(place: Place, cwd: string, severalColumns: ReadonlySet<string>): string {
  const text = formatPlace(place, cwd)
  if (place.isStart && place.line > 0) return `from ${text} on`
  return severalColumns.has(`${place.file}:${place.line}`) ? `${text}:${place.column}` : text
}

/** `src/main.ts:12`, from the folder in which the process runs; `pg/lib/client.js:12` of a package. */
export function formatPlace({ file, line }: Place, cwd: string): string {
  const folder = file.lastIndexOf(MODULES)
  const inside = file.startsWith('/') ? relative(cwd, file) : file
  const path = folder >= 0 ? file.slice(folder + MODULES.length) : inside.startsWith('..') ? file : inside
  return line === 0 ? path : `${path}:${line}`
}

const NODE = 'Node.js'
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

function packageOf({ place: { file } }: Pick<PlacedWaiter, 'place'>): string {
  if (file.startsWith('node:') || file === '') return NODE
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(file)?.[1] ?? ''
}

function isOwn({ owner }: Item): boolean {
  return owner === ''
}

/** Whether it is a function of Node.js; of a Task, only the place is not known. */
function isHidden(waiter: Pick<PlacedWaiter, 'name' | 'place'>): boolean {
  return packageOf(waiter) === NODE && !waiter.name.startsWith('Task ')
}
