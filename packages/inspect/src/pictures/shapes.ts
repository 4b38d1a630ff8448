// The shapes of pictures and their colours, for light and dark. Shapes and hatching distinguish the states, never
// colour alone.

import type { Activity } from '../replay/frame.ts'
import type { Mark } from '../story/story.ts'

export const BAR = 20

/** Colours by their names among the design tokens. Orange, `cancel`, means a cancellation and nothing else. */
export type Colours = Readonly<Record<keyof typeof LIGHT, string>>

const LIGHT = {
  panel: '#ffffff',
  ink: '#1d1a15',
  'ink-2': '#575145',
  rim: '#e2dccf',
  run: '#2452c8',
  ready: '#6384d6',
  'wait-soft': '#f1f1f0',
  'wait-hatch': '#c3c6cd',
  'wait-rim': '#8a8e99',
  cancel: '#b8420a',
  'cancel-soft': '#fdeadd',
  clean: '#6b3fb5',
  'clean-soft': '#efe8fa',
  'clean-hatch': '#b79fdf',
  ok: '#17703a',
  fail: '#b01044',
}
const DARK: Colours = {
  panel: '#1e1c19',
  ink: '#f3efe6',
  'ink-2': '#bdb5a6',
  rim: '#38342d',
  run: '#7ea6ff',
  ready: '#5673b8',
  'wait-soft': '#24231f',
  'wait-hatch': '#55565a',
  'wait-rim': '#7a7c82',
  cancel: '#ff9a5c',
  'cancel-soft': '#40261a',
  clean: '#bd9bff',
  'clean-soft': '#2d2440',
  'clean-hatch': '#6f579e',
  ok: '#6fd08f',
  fail: '#ff86a6',
}
const PAGE = Object.fromEntries(Object.keys(LIGHT).map((name) => [name, `var(--${name})`])) as Colours

/** The source of the colours of a picture: `page` uses the custom properties of the page that contains it. */
export type Theme = 'light' | 'dark' | 'page'

export function coloursOf(theme: Theme = 'light'): Colours {
  return theme === 'page' ? PAGE : theme === 'dark' ? DARK : LIGHT
}

export function errorColour(c: Colours, isCancel: boolean): string {
  return isCancel ? c.cancel : c.fail
}

/** The bar of one state. `isCancel`: whether the error inside is a cancellation. */
export function bar(
  c: Colours,
  state: Activity,
  x: number,
  y: number,
  width: number,
  row: number,
  isCancel = true,
): string {
  const top = y - BAR / 2
  const rect = (extra: string, height = BAR, dy = 0): string =>
    `<rect data-row="${row}" x="${x}" y="${top + dy}" width="${width}" height="${height}" ${extra}/>`
  switch (state) {
    case 'ready':
      return rect(`fill="${c.ready}"`, 8, 6)
    case 'running':
      return rect(`fill="${c.run}"`)
    case 'waiting':
      return rect(`fill="url(#pw)" stroke="${c['wait-rim']}" stroke-width=".8"`, BAR - 4, 2)
    case 'requested':
      return rect(`fill="url(#pr)" stroke="${c.cancel}" stroke-width="1" stroke-dasharray="4 2"`, BAR - 4, 2)
    case 'erring':
      return rect(`fill="${errorColour(c, isCancel)}"`)
    case 'cleaning':
      return rect(`fill="url(#pc)" stroke="${c.clean}" stroke-width="1.6"`, BAR - 2, 1)
    case 'caught':
      return rect(`fill="${c.run}" stroke="${c.ink}" stroke-width="2.5"`)
    case 'caught-waiting':
      return rect(`fill="url(#pw)" stroke="${c.ink}" stroke-width="2.5"`, BAR - 4, 2)
  }
}

/** Drawn over the bar of a Task that outlives the Task that created it. */
export function orphanBar(x: number, y: number, width: number): string {
  return `<rect class="orphan" x="${x}" y="${y - BAR / 2}" width="${width}" height="${BAR}" fill="url(#ph)"/>`
}

/** Drawn around the wait of a Task in a deadlock. */
export function stuckBar(c: Colours, x: number, y: number, width: number): string {
  return `<rect x="${x}" y="${y - BAR / 2}" width="${width}" height="${BAR}" fill="none" stroke="${c.fail}" stroke-width="1.8"/>`
}

export function wakeLine(c: Colours, x: number, from: number, to: number): string {
  const end = to - Math.sign(to - from) * 3.6
  return `<path d="M${x} ${from}V${end}" stroke="${c['ink-2']}" stroke-width="1.4"/><circle cx="${x}" cy="${end}" r="3.6" fill="${c.panel}" stroke="${c['ink-2']}" stroke-width="1.8"/>`
}

/** A line that is cut through in its middle. */
export function cutLine(c: Colours, x: number, from: number, to: number): string {
  const cross = `M${x - 5} ${(from + to) / 2 - 5}l10 10m0 -10l-10 10`
  return `<path d="M${x} ${from}V${to}" stroke="${c.fail}" stroke-width="1.8" stroke-dasharray="3 3"/><path d="${cross}" stroke="${c.fail}" stroke-width="2.8" stroke-linecap="round"/>`
}

export function requestLine(c: Colours, path: string): string {
  return `<path d="${path}" stroke="${c.cancel}" stroke-width="2" stroke-dasharray="5 3" fill="none" marker-end="url(#po)"/>`
}

export function errorLine(c: Colours, path: string, isCancel = true): string {
  const head = isCancel ? 'pf' : 'pe'
  return `<path d="${path}" stroke="${errorColour(c, isCancel)}" stroke-width="2.2" fill="none" marker-end="url(#${head})"/>`
}

export function markShape(c: Colours, kind: Mark['kind'], x: number, top: number): string {
  switch (kind) {
    case 'caught':
      return `<path d="M${x} ${top - 6}l6 6-6 6-6-6z" fill="${c.ink}"/>`
    case 'finally':
      return `<rect x="${x - 4.5}" y="${top - 5}" width="9" height="9" fill="${c.panel}" stroke="${c.ink}" stroke-width="1.4"/>`
    case 'in-time':
      return `<path d="M${x} ${top + 7}V${top - 6}l8 3.5-8 3.5" fill="${c.panel}" stroke="${c.ink}" stroke-width="1.4"/>`
    default:
      return ''
  }
}

/** Patterns and arrow heads. Pictures on a page share the ids: the shapes look the same in each theme. */
export function definitions(c: Colours): string {
  const hatch = (name: string, paper: string, ink: string, angle: number): string =>
    `<pattern id="p${name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(${angle})"><rect width="6" height="6" fill="${paper}"/><path d="M0 0V6" stroke="${ink}" stroke-width="1.6"/></pattern>`
  const head = (name: string, shape: string): string =>
    `<marker id="p${name}" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" orient="auto">${shape}</marker>`
  const hatches = [
    hatch('w', c['wait-soft'], c['wait-hatch'], 45),
    hatch('r', c['cancel-soft'], c.cancel, -45),
    hatch('c', c['clean-soft'], c['clean-hatch'], 0),
    hatch('h', c.fail, c.panel, -45),
  ]
  const heads = [
    head('o', `<path d="M1 1l8 4-8 4" fill="none" stroke="${c.cancel}" stroke-width="2"/>`),
    head('f', `<path d="M0 0l10 5-10 5z" fill="${c.cancel}"/>`),
    head('e', `<path d="M0 0l10 5-10 5z" fill="${c.fail}"/>`),
  ]
  return `<defs>${hatches.join('')}${heads.join('')}</defs>`
}
