// Names come from anywhere: a Task may be named after a request. Printed unchanged, a line break in a name forges a
// line of the log, and an escape sequence moves the cursor of the terminal.

// The complement of Python's `str.isprintable`: controls, formats (which change the direction of writing), lone
// surrogates, unassigned characters, and every space but the ordinary one.
const unprintable = lazily('(?! )[\\p{C}\\p{Z}]')
const unprintableOrBackslash = lazily('(?! )[\\\\\\p{C}\\p{Z}]')
// A text of several lines may contain line breaks and tabs.
const unprintableInLines = lazily('(?![ \\n\\t])[\\p{C}\\p{Z}]')

/** A name or other text as part of one line: unprintable characters are escaped as Python's `%r` does. */
export function printable(text: string, limit = 200): string {
  return shorten(clip(text, limit).replaceAll(unprintable(), escaped), limit)
}

/** A text of several lines, such as a stack: unprintable characters except line breaks and tabs are escaped. */
export function printableLines(text: string, limit: number): string {
  return shorten(clip(text, limit).replaceAll(unprintableInLines(), escaped), limit)
}

export function quote(text: string, limit: number): string {
  const shown = clip(text, limit)
  const mark = shown.includes("'") && !shown.includes('"') ? '"' : "'"
  const safe = shown.replaceAll(unprintableOrBackslash(), escaped)
  return mark + (mark === "'" ? safe.replaceAll("'", "\\'") : safe) + mark
}

export function shorten(text: string, limit: number): string {
  if (text.length <= limit) return text
  const half = (limit - 3) >> 1
  return `${head(text, half)}...${tail(text, half)}`
}

/** Clips both ends to the length that can be visible: escaping makes a text longer, never shorter. */
function clip(text: string, limit: number): string {
  return text.length <= 2 * limit ? text : head(text, limit) + tail(text, limit)
}

// Neither cuts a surrogate pair in two.

function head(text: string, length: number): string {
  return text.slice(0, isHighSurrogate(text.charCodeAt(length - 1)) ? length - 1 : length)
}

function tail(text: string, length: number): string {
  const start = text.length - length
  return text.slice(isHighSurrogate(text.charCodeAt(start - 1)) ? start + 1 : start)
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff
}

/**
 * A pattern that is compiled on first use. A literal costs a twentieth of the start-up even in a function that is never
 * called: the engine looks up `\p{…}` when it parses the file.
 */
function lazily(source: string): () => RegExp {
  let pattern: RegExp | undefined
  return () => {
    pattern ??= new RegExp(source, 'gu')
    return pattern
  }
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escaped(character: string): string {
  const known = SHORT_ESCAPES[character]
  if (known !== undefined) return known
  const code = character.codePointAt(0) as number // it is one character
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`
  return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}
