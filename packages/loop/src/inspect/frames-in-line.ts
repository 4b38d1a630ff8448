const FRAME = '\n    at '

/** Joins the lines of each frame of a stack. A function name with a line break takes more than one line. */
export function withFramesInLine(stack: string): string {
  const start = stack.indexOf(FRAME)
  if (start === -1) return stack // another engine's
  return stack.slice(0, start) + stack.slice(start).replaceAll(/\n(?! {4}at )/g, '\\n')
}
