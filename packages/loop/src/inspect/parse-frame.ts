/** A line of a stack. */
export interface StackFrame {
  /** The function; '' if it has no name. */
  readonly name: string
  readonly url: string
  readonly line: number
  readonly column: number
}

// Node's and Deno's own.
const OF_HOST = /[ (](?:node|ext):[\w/.]+:\d+:\d+\)?$/
const FRAME = /^ {4}at (?:async )?(?:(?<name>.+?) \()?(?!eval at )(?<file>.+):(?<line>\d+):(?<column>\d+)\)?$/

/** Parses a line of a stack as V8 writes it; undefined for a native function, and for any other text. */
export function parseFrame(text: string): StackFrame | undefined {
  const { name = '', file, line, column } = FRAME.exec(text)?.groups ?? {}
  if (file === undefined) return undefined
  return { name, url: asUrl(file), line: Number(line), column: Number(column) }
}

/** Whether a line of a stack is a frame of the host. */
export function isOfHost(line: string): boolean {
  return OF_HOST.test(line)
}

/** Stacks name a file by its URL or, if it is CommonJS or a source map was applied, by its path. */
function asUrl(file: string): string {
  if (/^[a-z-]{2,}:/i.test(file)) return file
  return `file://${file.startsWith('/') ? '' : '/'}${encodeURI(file.replaceAll('\\', '/'))}`
}
