// Text in a picture. Widths are estimated on the wide side, because the font is that of the reader.

import type { Colours } from './shapes.ts'

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** Letters of East Asian scripts are nearly twice as wide as others. */
const WIDE = /[\u1100-\u11ff\u2e80-\ud7ff\uf900-\ufaff\uff00-\uff60]/g

export function textWidth(text: string, size: number): number {
  return (text.length + 0.8 * (text.match(WIDE)?.length ?? 0)) * size * 0.57
}

/** How far the left edge of a text is from its place. */
export function leftOf(anchor: string | undefined, width: number): number {
  return width * (anchor === 'middle' ? 0.5 : anchor === 'end' ? 1 : 0)
}

export function wrapped(text: string, width: number, size: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const line = lines.at(-1)!
    if (line !== '' && textWidth(`${line} ${word}`, size) > width) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`
  }
  return lines
}

export function shorten(text: string, width: number, size: number): string {
  const fits = Math.floor(width / (size * 0.54))
  if (text.length <= fits) return text
  return fits < 4 ? '' : `${text.slice(0, fits - 1)}…`
}

export function escapeText(text: string): string {
  // Control characters and halves of a surrogate pair are not allowed in XML. Formats change the direction of the text,
  // except the joiner of emoji.
  const clean = text.replace(/[^\P{Cc}\t\n\r]|(?!\u200d)\p{Cf}|\p{Cs}|[\ufffe\uffff]/gu, '�')
  return clean.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

export interface TextStyle {
  readonly size: number
  readonly fill?: string
  readonly anchor?: string
  readonly weight?: number
  readonly halo?: boolean
  readonly mono?: boolean
  /** The row from which on it holds. */
  readonly row?: number | undefined
  readonly isFaint?: boolean
  /** It stands above a bar: without room there it is left out. */
  readonly isAbove?: boolean
}

/** A text at a place. With the width of the picture, it is shortened and moved to stay inside. */
export function svgText(x: number, y: number, text: string, style: TextStyle, c: Colours, width?: number): string {
  const { size, fill = c.ink, anchor = 'start', weight, halo, mono, row, isFaint } = style
  let [at, shown] = [x, text]
  if (width !== undefined) {
    const wide = (some: string): number => textWidth(some, size) * (mono ? 1.08 : 1)
    shown = wide(text) <= width ? text : shorten(text, width * 0.9, size)
    const before = leftOf(anchor, wide(shown))
    at = Math.max(before, Math.min(x, width - wide(shown) + before))
  }
  const attributes = [
    row === undefined ? '' : `data-row="${row}"`,
    isFaint ? 'opacity=".26"' : '',
    `x="${round(at)}" y="${round(y)}" font-size="${size}" fill="${fill}"`,
    anchor === 'start' ? '' : `text-anchor="${anchor}"`,
    weight === undefined ? '' : `font-weight="${weight}"`,
    mono ? 'font-family="ui-monospace, monospace" xml:space="preserve"' : '',
    halo ? `stroke="${c.panel}" stroke-width="3" paint-order="stroke" stroke-linejoin="round"` : '',
  ]
  return `<text ${attributes.filter((attribute) => attribute !== '').join(' ')}>${escapeText(shown)}</text>`
}
