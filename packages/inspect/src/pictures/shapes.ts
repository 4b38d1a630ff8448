// The shapes of pictures and their colours, for light and dark. Shapes and hatching distinguish the states, never
// colour alone.

import type { Activity } from '../replay/frame.ts'
import type { Mark } from '../story/story.ts'

/** The height of a bar. */
export const BAR = 20

export type Colours = typeof LIGHT

const LIGHT = {
  paper: '#ffffff',
  ink: '#1c2230',
  faint: '#5a6275',
  grid: '#ccd2de',
  run: '#1f5fc4',
  ready: '#bccbe6',
  wait: '#6d8fc4',
  waitPaper: '#eef3fb',
  request: '#c2303a',
  requestPaper: '#fdecec',
  error: '#b3131f',
  cleanPaper: '#ffffff',
  caught: '#d99a00',
  good: '#1d7a3a',
}
const DARK: Colours = {
  paper: '#14171f',
  ink: '#e8ebf2',
  faint: '#a3abbd',
  grid: '#353c4c',
  run: '#5b93ec',
  ready: '#3a4a69',
  wait: '#6f92cc',
  waitPaper: '#1b2638',
  request: '#ff8a8f',
  requestPaper: '#3a1f26',
  error: '#f0545f',
  cleanPaper: '#241a20',
  caught: '#f0b83a',
  good: '#5fca80',
}

export function coloursOf(theme: 'light' | 'dark' | undefined): Colours {
  return theme === 'dark' ? DARK : LIGHT
}

export function bar(c: Colours, state: Activity, x: number, y: number, width: number, row: number): string {
  const top = y - BAR / 2
  const rect = (extra: string, height = BAR, dy = 0): string =>
    `<rect data-row="${row}" x="${x}" y="${top + dy}" width="${width}" height="${height}" ${extra}/>`
  switch (state) {
    case 'ready':
      return rect(`fill="${c.ready}"`, 8, 6)
    case 'running':
      return rect(`fill="${c.run}"`)
    case 'waiting':
      return rect(`fill="url(#pw)" stroke="${c.wait}" stroke-width=".8"`, BAR - 4, 2)
    case 'requested':
      return rect(`fill="url(#pr)" stroke="${c.request}" stroke-width=".8" stroke-dasharray="4 2"`, BAR - 4, 2)
    case 'erring':
      return rect(`fill="${c.error}"`)
    case 'cleaning':
      return rect(`fill="url(#pc)" stroke="${c.error}" stroke-width="1.6"`, BAR - 2, 1)
    case 'caught':
      return rect(`fill="${c.run}" stroke="${c.caught}" stroke-width="2.5"`)
    case 'caught-waiting':
      return rect(`fill="url(#pw)" stroke="${c.caught}" stroke-width="2.5"`, BAR - 4, 2)
  }
}

export function requestLine(c: Colours, path: string): string {
  return `<path d="${path}" stroke="${c.request}" stroke-width="2" stroke-dasharray="5 3" fill="none" marker-end="url(#po)"/>`
}

export function errorLine(c: Colours, path: string): string {
  return `<path d="${path}" stroke="${c.error}" stroke-width="2.2" fill="none" marker-end="url(#pf)"/>`
}

export function markShape(c: Colours, kind: Mark['kind'], x: number, top: number): string {
  switch (kind) {
    case 'caught':
      return `<path d="M${x} ${top - 6}l6 6-6 6-6-6z" fill="${c.caught}" stroke="${c.ink}" stroke-width=".8"/>`
    case 'finally':
      return `<rect x="${x - 4.5}" y="${top - 5}" width="9" height="9" fill="${c.paper}" stroke="${c.ink}" stroke-width="1.4"/>`
    case 'in-time':
      return `<path d="M${x} ${top + 7}V${top - 6}l8 3.5-8 3.5" fill="${c.paper}" stroke="${c.ink}" stroke-width="1.4"/>`
    default:
      return ''
  }
}

/** Patterns and arrow heads. Several pictures on a page have the same ids: what they name looks the same in a theme. */
export function definitions(c: Colours): string {
  const hatch = (name: string, paper: string, ink: string, angle: number): string =>
    `<pattern id="p${name}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(${angle})"><rect width="6" height="6" fill="${paper}"/><path d="M0 0V6" stroke="${ink}" stroke-width="1.6"/></pattern>`
  return `<defs>${hatch('w', c.waitPaper, c.wait, 45)}${hatch('r', c.requestPaper, c.request, -45)}${hatch('c', c.cleanPaper, c.error, 45)}<marker id="po" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M1 1l8 4-8 4" fill="none" stroke="${c.request}" stroke-width="2"/></marker><marker id="pf" viewBox="0 0 10 10" refX="8" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0l10 5-10 5z" fill="${c.error}"/></marker></defs>`
}
