// Text in a picture. Widths are estimated on the wide side, because the font is that of the reader.

export function round(value: number): number {
  return Math.round(value * 10) / 10
}

export function textWidth(text: string, size: number): number {
  return text.length * size * 0.57
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
  // Control characters and halves of a surrogate pair are not allowed in XML. Formats turn the direction of the text,
  // all but the one that joins emoji.
  const clean = text.replace(/[^\P{Cc}\t\n\r]|(?!\u200d)\p{Cf}|\p{Cs}|[\ufffe\uffff]/gu, '�')
  return clean.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
